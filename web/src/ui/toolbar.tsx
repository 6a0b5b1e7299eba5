// SPDX-License-Identifier: MIT
import type { Ref } from "react";
import { filters, groupings } from "../store/select";
import type { Filter, Grouping } from "../store/select";
import { Icon } from "./icons";

const filterNames: Readonly<Record<Filter, string>> = {
  all: "All", running: "Running", stopped: "Stopped", attention: "Attention",
};
const groupingNames: Readonly<Record<Grouping, string>> = {
  owner: "user or project", project: "project", state: "state", none: "nothing",
};

interface Props {
  query: string;
  onQuery: (query: string) => void;
  filter: Filter;
  onFilter: (filter: Filter) => void;
  counts: Readonly<Record<Filter, number>>;
  grouping: Grouping;
  onGrouping: (grouping: Grouping) => void;
  searchField: Ref<HTMLInputElement>;
}

export function Toolbar({ query, onQuery, filter, onFilter, counts, grouping, onGrouping, searchField }: Props) {
  return (
    <div className="toolbar" role="search">
      <label className="search">
        <Icon name="search" />
        <input
          ref={searchField}
          type="search"
          placeholder="Search containers"
          aria-label="Search containers"
          aria-keyshortcuts="/"
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => onQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            onQuery("");
            event.currentTarget.blur();
          }}
        />
        <kbd aria-hidden="true">/</kbd>
      </label>
      <div className="segments" role="group" aria-label="Show containers by state">
        {filters.map((name) => (
          <button
            key={name}
            type="button"
            className={name === "attention" && counts[name] > 0 ? "has-trouble" : undefined}
            aria-pressed={filter === name}
            onClick={() => onFilter(name)}
          >
            {filterNames[name]} <span className="number">{counts[name]}</span>
          </button>
        ))}
      </div>
      <label className="grouping">
        Group by
        <select value={grouping} onChange={(event) => onGrouping(groupings.find((g) => g === event.target.value) ?? "owner")}>
          {groupings.map((name) => <option key={name} value={name}>{groupingNames[name]}</option>)}
        </select>
      </label>
    </div>
  );
}
