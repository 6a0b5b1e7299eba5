// SPDX-License-Identifier: MIT
// How components reach the store and the session.
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { browserClock } from "../socket/clock";
import { Session } from "../socket/session";
import { Shared } from "../socket/shared";
import { openSocket } from "../socket/socket_like";
import { readToken } from "../socket/token";
import type { AppState, Notice } from "../store/state";
import { createStore } from "../store/store";
import type { Store } from "../store/store";

const store: Store = createStore();

/** One socket for the whole page, however many components use it. */
const shared = new Shared(() => new Session(openSocket(readToken), store, browserClock));

export const SessionContext = createContext<Session | null>(null);

/** Holds the page's session for as long as the component lives; null before the first effect. */
export function useSharedSession(): Session | null {
  const [session, setSession] = useState<Session | null>(null);
  useEffect(() => {
    const { thing, release } = shared.acquire();
    setSession(thing);
    return release;
  }, []);
  return session;
}

export function useSession(): Session | null {
  return useContext(SessionContext);
}

/** select must return the same object while nothing of it changed. */
export function useAppState<T>(select: (state: AppState) => T): T {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}

export function notify(kind: Notice["kind"], text: string): void {
  store.dispatch({ type: "noticed", kind, text });
}

export function dismissNotice(id: number): void {
  store.dispatch({ type: "notice_gone", id });
}
