// SPDX-License-Identifier: MIT
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { countByFilter, filters, findContainer, group, groupings, matchesFilter, matchesSearch, rightsOf } from "../store/select";
import type { Entry } from "../store/state";
import type { Container, ContainerAction } from "../wire/types";
import { ConfirmDialog } from "./confirm_dialog";
import type { ConfirmedAction } from "./confirm_dialog";
import { menuItems, menuNote } from "./container_actions";
import { ContainerList, moveFocus } from "./container_list";
import { SessionContext, notify, useAppState, useSharedSession } from "./context";
import { Header } from "./header";
import { HelpDialog } from "./help_dialog";
import { useFullScreen, useHash, useKeys, useNow, useStored } from "./hooks";
import { LogPanel } from "./log_panel";
import { Notices } from "./notices";
import { useTheme } from "./theme";
import { TokenDialog } from "./token_dialog";
import { Toolbar } from "./toolbar";
import { Banner } from "./banner";

const ended: Readonly<Record<ContainerAction, string>> = {
  start: "was started", stop: "was stopped", restart: "was restarted", delete: "was deleted",
};

/** The container that the address names; when it is removed, its last known self, so that its log can still be read. */
function useSelected(wanted: string): Container | null {
  const entries = useAppState((state) => state.containers);
  const last = useRef<Container | null>(null);
  if (wanted === "") last.current = null;
  const found = wanted === "" ? undefined : findContainer(entries, wanted)?.container;
  if (found) last.current = found;
  else if (last.current && last.current.name === wanted && last.current.state !== "removed") {
    last.current = { ...last.current, state: "removed" };
  }
  return last.current;
}

export function App() {
  const session = useSharedSession();
  const link = useAppState((state) => state.link);
  const listed = useAppState((state) => state.listed);
  const containers = useAppState((state) => state.containers);
  // Figures of hundreds of rows are drawn in slices, between everything that is more urgent.
  const stats = useDeferredValue(useAppState((state) => state.stats));
  const pending = useAppState((state) => state.pending);
  const rights = useAppState((state) => rightsOf(state.features));
  const [theme, setTheme] = useTheme();
  const [query, setQuery] = useState("");
  const [filter, setFilter] = useStored("filter", filters, "all");
  const [grouping, setGrouping] = useStored("grouping", groupings, "owner");
  const [hash, setHash] = useHash();
  const [full, goFull] = useFullScreen();
  const [confirm, setConfirm] = useState<{ container: Container; action: ConfirmedAction } | null>(null);
  const [help, setHelp] = useState(false);
  const [tokenAsked, setTokenAsked] = useState(false);
  const [tokenPutOff, setTokenPutOff] = useState(false);
  const now = useDeferredValue(useNow(5000));
  const searchField = useRef<HTMLInputElement>(null);
  const selected = useSelected(hash);

  const counts = useMemo(() => countByFilter(containers.values()), [containers]);
  const groups = useMemo(() => {
    const shown = [...containers.values()].filter((e) => matchesFilter(e.container.state, filter) && matchesSearch(e, query));
    return group(shown, grouping);
  }, [containers, filter, query, grouping]);

  useEffect(() => {
    const changed = () => session?.watchStats(!document.hidden);
    document.addEventListener("visibilitychange", changed);
    return () => document.removeEventListener("visibilitychange", changed);
  }, [session]);

  const selectedName = selected?.name ?? "";
  useEffect(() => {
    if (selectedName === "") return;
    document.querySelector(`[data-row="${CSS.escape(selectedName)}"]`)?.scrollIntoView({ block: "nearest" });
  }, [selectedName]);

  useEffect(() => {
    if (link.phase === "connected") setTokenPutOff(false);
  }, [link.phase]);

  const act = useCallback((container: Container, action: ContainerAction) => {
    session?.act(container.container_id, action, (ack) => {
      if (ack.ok) notify("info", `${container.name} ${ended[action]}.`);
      else notify("error", `${container.name}: ${ack.error}`);
    });
  }, [session]);

  const ask = useCallback((container: Container, action: ContainerAction) => {
    if (action === "start") act(container, action);
    else setConfirm({ container, action });
  }, [act]);
  const askEntry = useCallback((entry: Entry, action: ContainerAction) => ask(entry.container, action), [ask]);

  const close = () => {
    const name = hash;
    goFull(false);
    setHash("");
    // The focus goes back to where it came from.
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-row="${CSS.escape(name)}"]`)?.focus());
  };

  useKeys({
    "/": (event) => {
      event.preventDefault();
      searchField.current?.focus();
    },
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
    "?": () => setHelp(true),
  });

  const refused = link.phase === "refused" && !tokenPutOff;
  return (
    <SessionContext value={session}>
      <div className={`app ${selected ? "with-panel" : ""} link-${link.phase}`}>
        <Header theme={theme} onTheme={setTheme} onToken={() => setTokenAsked(true)} onHelp={() => setHelp(true)} />
        <Banner onToken={() => setTokenAsked(true)} />
        <div className="columns-of-page">
          <main className="main" aria-label="Containers">
            <Toolbar
              query={query} onQuery={setQuery} filter={filter} onFilter={setFilter} counts={counts}
              grouping={grouping} onGrouping={setGrouping} searchField={searchField}
            />
            {groups.length > 0 ? (
              <ContainerList
                groups={groups} stats={stats} pending={pending} selected={selected?.container_id ?? ""}
                rights={rights} now={now} onOpen={setHash} onAct={askEntry}
              />
            ) : (
              <p className="empty" role="status">
                {!listed ? (link.phase === "refused" ? "The node has refused this browser." : "Waiting for the node…") : containers.size === 0 ? "No containers on this node." : "No container matches."}
              </p>
            )}
          </main>
          {selected && (
            <LogPanel
              key={selected.container_id}
              container={selected}
              items={menuItems({ container: selected, rights, busy: pending.has(selected.container_id), onAct: (action) => ask(selected, action) })}
              note={menuNote(selected, rights)}
              full={full}
              onFull={goFull}
              onClose={close}
            />
          )}
        </div>
        <Notices />
        {confirm && (
          <ConfirmDialog
            {...confirm}
            onClose={() => setConfirm(null)}
            onConfirm={() => {
              act(confirm.container, confirm.action);
              setConfirm(null);
            }}
          />
        )}
        {help && <HelpDialog onClose={() => setHelp(false)} />}
        {(refused || tokenAsked) && (
          <TokenDialog
            reason={link.phase === "refused" ? link.reason : ""}
            onToken={() => {
              setTokenAsked(false);
              session?.reconnect();
            }}
            onClose={() => {
              setTokenAsked(false);
              setTokenPutOff(true);
            }}
          />
        )}
      </div>
    </SessionContext>
  );
}
