// SPDX-License-Identifier: MIT
import { memo } from "react";
import { parseTime } from "../wire/parse";
import type { ContainerAction } from "../wire/types";
import { bytes, duration, percent } from "../store/format";
import { portLinks } from "../store/ports";
import type { Rights } from "../store/select";
import type { Entry, StatsSeries } from "../store/state";
import { menuItems, menuNote } from "./container_actions";
import { useAppState } from "./context";
import { Menu } from "./menu";
import { Sparkline } from "./sparkline";
import { StateDot } from "./state_dot";

interface Props {
  entry: Entry;
  series: StatsSeries | undefined;
  pending: ContainerAction | undefined;
  selected: boolean;
  rights: Rights;
  now: number;
  onOpen: (name: string) => void;
  onAct: (entry: Entry, action: ContainerAction) => void;
}

const doing: Readonly<Record<ContainerAction, string>> = {
  start: "starting…", stop: "stopping…", restart: "restarting…", delete: "deleting…",
};

/** How long it runs, or since when it is there if nobody knows. */
function age({ container, runningSince }: Entry, now: number): { text: string; title: string } {
  const created = parseTime(container.created);
  const title = created === null ? "" : `Created ${new Date(created).toLocaleString()}`;
  if (container.state === "running" && runningSince !== null) {
    return { text: `up ${duration(now - runningSince)}`, title: `Running since ${new Date(runningSince).toLocaleString()}\n${title}` };
  }
  return { text: created === null ? "–" : `${duration(now - created)} old`, title };
}

function Ports({ entry }: { entry: Entry }) {
  const host = useAppState(({ node }) => node?.engine_host || location.hostname);
  return (
    <span className="ports">
      {portLinks(entry.container, host).map(({ label, href, title }) =>
        href === null
          ? <span key={label} className="port" title={title}>{label}</span>
          : <a key={label} className="port" href={href} title={title} target="_blank" rel="noopener noreferrer">{label}</a>)}
    </span>
  );
}

function Meters({ series }: { series: StatsSeries | undefined }) {
  if (!series) return <span className="meters meters-none" aria-hidden="true" />;
  const { last, cpu, memory, rates } = series;
  const used = percent(last.cpu_percent);
  const limit = last.memory_limit_bytes;
  return (
    <span className="meters">
      <span className="meter cpu" title={`CPU ${used} (100 % is one core)`}>
        <Sparkline values={cpu} top={25} label={`CPU ${used}`} />
        <span className="figure">{used}</span>
      </span>
      <span className="meter memory" title={`Memory ${bytes(last.memory_bytes)}${limit ? ` of ${bytes(limit)}` : ""}, ${last.pids} processes`}>
        <Sparkline values={memory} top={limit || last.memory_bytes * 1.4} label={`Memory ${bytes(last.memory_bytes)}`} />
        <span className="figure">{bytes(last.memory_bytes)}</span>
      </span>
      <span className="net" title="Network: received and sent per second">
        <span aria-label={`receives ${bytes(rates.rx)} per second`}>↓ {bytes(rates.rx)}</span>
        <span aria-label={`sends ${bytes(rates.tx)} per second`}>↑ {bytes(rates.tx)}</span>
      </span>
    </span>
  );
}

export const ContainerRow = memo(function ContainerRow(props: Props) {
  const { entry, series, pending, selected, rights, now, onOpen, onAct } = props;
  const { container } = entry;
  const since = age(entry, now);
  const open = () => onOpen(container.name);
  const detail = pending ? doing[pending] : container.state === "running" ? (container.username ?? container.compose_service) : container.state;
  return (
    <li className={`row state-${container.state} ${selected ? "selected" : ""}`} aria-busy={pending !== undefined}>
      <StateDot state={container.state} />
      <button type="button" className="name" data-row={container.name} aria-current={selected} title={`Log of ${container.name}`} onClick={open}>
        <span className="name-text">{container.name}</span>
        {detail && <span className="detail">{detail}</span>}
      </button>
      <span className="image" title={container.image}>{container.image}</span>
      <Ports entry={entry} />
      <span className="age" title={since.title}>{since.text}</span>
      <Meters series={container.state === "running" ? series : undefined} />
      <span className="row-menu">
        <Menu
          label={`Actions for ${container.name}`}
          note={menuNote(container, rights)}
          items={menuItems({ container, rights, busy: pending !== undefined, onOpen: open, onAct: (action) => onAct(entry, action) })}
        />
      </span>
    </li>
  );
});
