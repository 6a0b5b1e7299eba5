// SPDX-License-Identifier: MIT
import type { AppState, Notice } from "./state";

/** More than these would hide the page. */
const most = 4;

/** The same text again raises the count of the notice that is there, with a new id, so that its time begins anew. */
export function addNotice(state: AppState, kind: Notice["kind"], text: string): AppState {
  const same = state.notices.find((notice) => notice.kind === kind && notice.text === text);
  const notice: Notice = { id: state.nextNotice, kind, text, count: (same?.count ?? 0) + 1 };
  const others = state.notices.filter((n) => n !== same);
  return { ...state, notices: [...others, notice].slice(-most), nextNotice: state.nextNotice + 1 };
}
