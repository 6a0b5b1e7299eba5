// SPDX-License-Identifier: MIT
// Holds the state, applies actions, tells who listens.
import { reduce } from "./reduce";
import { initialState } from "./state";
import type { Action, AppState } from "./state";

export interface Store {
  get(): AppState;
  dispatch(action: Action): void;
  /** Calls back after each change, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

export function createStore(start: AppState = initialState): Store {
  let state = start;
  const listeners = new Set<() => void>();
  return {
    get: () => state,
    dispatch(action) {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
