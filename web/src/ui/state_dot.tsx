// SPDX-License-Identifier: MIT
import type { ContainerState } from "../wire/types";

/** The state by colour and, for those who do not see it, by shape and name. */
export function StateDot({ state }: { state: ContainerState }) {
  return <span className={`dot dot-${state}`} role="img" aria-label={state} title={state} />;
}
