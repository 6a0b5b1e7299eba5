// SPDX-License-Identifier: MIT
import { useId, useState } from "react";
import type { KeyboardEvent } from "react";
import type { Entry, StatsSeries } from "../store/state";
import type { Group, Rights } from "../store/select";
import type { ContainerAction } from "../wire/types";
import { ContainerRow } from "./container_row";
import { Icon } from "./icons";

interface Shared {
  stats: ReadonlyMap<string, StatsSeries>;
  pending: ReadonlyMap<string, ContainerAction>;
  selected: string;
  rights: Rights;
  now: number;
  onOpen: (name: string) => void;
  onAct: (entry: Entry, action: ContainerAction) => void;
}

interface Props extends Shared {
  groups: readonly Group[];
}

/** Arrow keys go from row to row. */
export function moveFocus(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  const at = rows.findIndex((row) => row === document.activeElement);
  const next = at < 0 ? rows[by > 0 ? 0 : rows.length - 1] : rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function onKeyDown(event: KeyboardEvent): void {
  if (!(event.target instanceof HTMLElement) || !event.target.matches("[data-row]")) return;
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e6, End: 1e6 }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  moveFocus(by);
}

export function ContainerList({ groups, ...shared }: Props) {
  return (
    <div className="list" onKeyDown={onKeyDown}>
      <div className="columns" aria-hidden="true">
        <span className="column-name">Container</span>
        <span className="column-image">Image</span>
        <span className="column-ports">Ports</span>
        <span className="column-age">Uptime</span>
        <span className="column-cpu">CPU</span>
        <span className="column-memory">Memory</span>
        <span className="column-net">Network /s</span>
      </div>
      {groups.map((group) => <GroupSection key={group.key} group={group} {...shared} />)}
    </div>
  );
}

function GroupSection({ group, ...shared }: Shared & { group: Group }) {
  const [open, setOpen] = useState(true);
  const heading = useId();
  const running = group.entries.filter((entry) => entry.container.state === "running").length;
  return (
    <section className="group" aria-labelledby={heading}>
      <h2 className="group-head">
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className={open ? "chevron open" : "chevron"}><Icon name="down" /></span>
          {group.kind !== "all" && group.kind !== "state" && <Icon name={group.kind} />}
          <span id={heading} className="group-title">{group.title}</span>
          <span className="group-count">{running} of {group.entries.length} running</span>
        </button>
      </h2>
      {open && (
        <ul>
          {group.entries.map((entry) => {
            const id = entry.container.container_id;
            return (
              <ContainerRow
                key={id}
                entry={entry}
                series={shared.stats.get(id)}
                pending={shared.pending.get(id)}
                selected={id === shared.selected}
                rights={shared.rights}
                now={shared.now}
                onOpen={shared.onOpen}
                onAct={shared.onAct}
              />
            );
          })}
        </ul>
      )}
    </section>
  );
}
