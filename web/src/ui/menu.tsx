// SPDX-License-Identifier: MIT
import { useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import type { KeyboardEvent } from "react";
import { createPortal } from "react-dom";
import { Icon } from "./icons";
import type { IconName } from "./icons";

export interface MenuItem {
  icon: IconName;
  label: string;
  danger?: boolean;
  disabled?: boolean;
  run: () => void;
}

interface Props {
  /** Of the button. */
  label: string;
  items: readonly MenuItem[];
  /** A line below the items. */
  note?: string | undefined;
}

const gap = 4;

/** A button that opens a menu; arrow keys move in it, Escape and a click elsewhere close it. */
export function Menu({ label, items, note }: Props) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        className="icon-button"
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="more" />
      </button>
      {/* Outside the row, whose containment would hold a fixed menu in. */}
      {open && createPortal(
        <MenuList
          label={label}
          items={items}
          note={note}
          anchor={button.current}
          onClose={(refocus) => {
            setOpen(false);
            if (refocus) button.current?.focus();
          }}
        />,
        document.body,
      )}
    </>
  );
}

interface ListProps extends Props {
  anchor: HTMLElement | null;
  onClose: (refocus: boolean) => void;
}

function MenuList({ label, items, note, anchor, onClose }: ListProps) {
  const list = useRef<HTMLDivElement>(null);
  const noteId = useId();
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });

  useLayoutEffect(() => {
    const menu = list.current;
    if (!menu || !anchor) return;
    const at = anchor.getBoundingClientRect();
    const below = at.bottom + gap + menu.offsetHeight <= innerHeight;
    menu.style.top = `${below ? at.bottom + gap : Math.max(gap, at.top - gap - menu.offsetHeight)}px`;
    menu.style.left = `${Math.max(gap, at.right - menu.offsetWidth)}px`;
    menu.querySelector<HTMLElement>("[role=menuitem]:not(:disabled)")?.focus();
  }, [anchor]);

  useEffect(() => {
    const outside = (event: Event) => {
      if (!(event.target instanceof Node) || (!list.current?.contains(event.target) && !anchor?.contains(event.target))) {
        close.current(false);
      }
    };
    const away = () => close.current(false);
    // A menu does not go along with its button; other things may scroll.
    const place = anchor?.getBoundingClientRect().top;
    const scrolled = () => {
      if (anchor?.getBoundingClientRect().top !== place) away();
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("scroll", scrolled, true);
    addEventListener("resize", away);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("scroll", scrolled, true);
      removeEventListener("resize", away);
    };
  }, [anchor]);

  const onKeyDown = (event: KeyboardEvent) => {
    const all = [...(list.current?.querySelectorAll<HTMLElement>("[role=menuitem]:not(:disabled)") ?? [])];
    const at = all.findIndex((item) => item === document.activeElement);
    const move = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (move !== undefined) {
      event.preventDefault();
      all.at(move % all.length)?.focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      onClose(true);
    }
  };

  return (
    <div ref={list} className="menu" role="menu" aria-label={label} aria-describedby={note ? noteId : undefined} onKeyDown={onKeyDown}>
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          tabIndex={-1}
          className={item.danger ? "danger" : undefined}
          disabled={item.disabled}
          onClick={() => {
            onClose(true);
            item.run();
          }}
        >
          <Icon name={item.icon} />
          {item.label}
        </button>
      ))}
      {note && <p id={noteId} className="menu-note" role="presentation">{note}</p>}
    </div>
  );
}
