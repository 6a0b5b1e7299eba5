// SPDX-License-Identifier: MIT
import { useEffect, useRef, useState } from "react";

/** The time, renewed every interval milliseconds. */
export function useNow(interval: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), interval);
    return () => clearInterval(timer);
  }, [interval]);
  return now;
}

export interface Frames {
  /** Runs from now on for all its frames, also if it runs already. */
  begin(): void;
  end(): void;
  running(): boolean;
}

/** Something that lasts for so many frames of the browser; always the same object. */
export function useFrames(count: number): Frames {
  const [frames] = useState(() => {
    let left = 0;
    let request = 0;
    const next = () => {
      if (--left > 0) request = requestAnimationFrame(next);
    };
    const end = () => {
      cancelAnimationFrame(request);
      left = 0;
    };
    const begin = () => {
      end();
      left = count;
      request = requestAnimationFrame(next);
    };
    return { begin, end, running: () => left > 0 };
  });
  useEffect(() => frames.end, [frames]);
  return frames;
}

/** A choice that outlives the page, in the browser's local storage; anything unknown there is the fallback. */
export function useStored<T extends string>(key: string, choices: readonly T[], fallback: T): [T, (value: T) => void] {
  const name = `dockhost.${key}`;
  const [value, setValue] = useState<T>(() => choices.find((c) => c === localStorage.getItem(name)) ?? fallback);
  return [value, (next) => {
    localStorage.setItem(name, next);
    setValue(next);
  }];
}

export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** Whether keys typed there are text, or a dialog's. */
function isTaken(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, select, textarea, dialog, [role=menu]") !== null;
}

/** Keys for the whole page, such as "f" or "Control+Home", while no field or dialog has the focus. */
export function useKeys(keys: Keys): void {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.metaKey || event.altKey || event.defaultPrevented || isTaken(event.target)) return;
      current.current[event.ctrlKey ? `Control+${event.key}` : event.key]?.(event);
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}

/** The container that the address names after #, and how to change it. */
export function useHash(): [string, (value: string) => void] {
  const read = () => {
    try {
      return decodeURIComponent(location.hash.slice(1));
    } catch {
      return "";
    }
  };
  const [hash, setHash] = useState(read);
  useEffect(() => {
    const changed = () => setHash(read());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return [hash, (value) => {
    if (value === "") {
      history.pushState(null, "", location.pathname + location.search);
      setHash("");
    } else {
      location.hash = encodeURIComponent(value);
    }
  }];
}

/**
 * Whether something of the page is to fill the screen, and how to change that. A browser takes a moment for it, in which the
 * reader may change his mind; one that cannot or may not leaves it at the window.
 */
export function useFullScreen(): [boolean, (wanted: boolean) => void] {
  const [full, setFull] = useState(false);
  /** entered: the screen was filled since that was last asked for. */
  const state = useRef({ wanted: false, entered: false });
  useEffect(() => {
    // Told late: of an earlier wish, too.
    const changed = () => {
      if (document.fullscreenElement) state.current.entered = true;
      else if (state.current.entered) {
        // The reader has left it by the browser's own means.
        state.current = { wanted: false, entered: false };
        setFull(false);
      }
    };
    document.addEventListener("fullscreenchange", changed);
    return () => document.removeEventListener("fullscreenchange", changed);
  }, []);
  const leave = () => {
    if (!state.current.wanted && document.fullscreenElement) document.exitFullscreen().catch(() => undefined);
  };
  return [full, (wanted) => {
    state.current = { wanted, entered: false };
    setFull(wanted);
    if (wanted) document.documentElement.requestFullscreen?.().then(leave, () => undefined);
    else leave();
  }];
}
