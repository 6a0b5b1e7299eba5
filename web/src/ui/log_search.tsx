// SPDX-License-Identifier: MIT
import { useSyncExternalStore } from "react";
import type { Ref } from "react";
import type { SearchRunner } from "../logs/search_runner";
import { count } from "../store/format";
import { IconButton } from "./button";
import { Icon } from "./icons";

interface Props {
  query: string;
  onQuery: (query: string) => void;
  runner: SearchRunner | null;
  /** Which match is current, from 0; -1: none. */
  current: number;
  only: boolean;
  onOnly: (only: boolean) => void;
  onStep: (by: 1 | -1) => void;
  onLeave: () => void;
  field: Ref<HTMLInputElement>;
}

const nothing = () => () => {};

function useMatches(runner: SearchRunner | null): string {
  return useSyncExternalStore(
    (listener) => (runner ? runner.listen(listener) : nothing()),
    () => (runner ? `${count(runner.search.count)}${runner.done ? "" : "…"}` : ""),
  );
}

export function LogSearchField({ query, onQuery, runner, current, only, onOnly, onStep, onLeave, field }: Props) {
  const matches = useMatches(runner);
  return (
    <div className="log-search" role="search">
      <label className="search">
        <Icon name="search" />
        <input
          ref={field}
          type="search"
          placeholder="Search log"
          aria-label="Search in the log"
          aria-keyshortcuts="s"
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => onQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") onStep(event.shiftKey ? -1 : 1);
            if (event.key === "Escape") {
              onQuery("");
              onLeave();
            }
          }}
        />
        <span className="matches" role="status" aria-label={matches === "" ? "" : `${matches} matching lines`}>
          {matches !== "" && (current >= 0 ? `${count(current + 1)} / ${matches}` : matches)}
        </span>
      </label>
      {query !== "" && (
        <>
          <IconButton icon="up" label="Previous match" shortcut="N" onClick={() => onStep(-1)} />
          <IconButton icon="down" label="Next match" shortcut="n" onClick={() => onStep(1)} />
          <IconButton icon="matches" label="Matching lines only" shortcut="m" pressed={only} onClick={() => onOnly(!only)} />
        </>
      )}
    </div>
  );
}
