// SPDX-License-Identifier: MIT
import { readToken } from "../socket/token";
import { useAppState } from "./context";
import { useNow } from "./hooks";

/** One line over the list while what it shows may be out of date or about to end. The list itself stays. */
export function Banner({ onToken }: { onToken: () => void }) {
  const link = useAppState((state) => state.link);
  const listed = useAppState((state) => state.listed);
  const node = useAppState((state) => state.node);
  const tokenEnds = useAppState((state) => state.tokenEnds);
  const now = useNow(1000);
  if (link.phase === "refused") {
    return (
      <p className={readToken() === null ? "banner" : "banner bad"} role="status">
        The node refuses this browser: {link.reason}
        <button type="button" className="link" onClick={onToken}>Enter a token</button>
      </p>
    );
  }
  if (link.phase === "lost" && listed) {
    return <p className="banner" role="status">Connection lost. Trying again; below is what was last known.</p>;
  }
  if (link.phase === "connected" && node?.engine_reachable === false) {
    return <p className="banner" role="status">The container engine does not answer. Logs and states go on when it is back.</p>;
  }
  if (link.phase === "connected" && tokenEnds !== null && tokenEnds > now) {
    return (
      <p className="banner" role="status">
        <span>
          Your token ends <span aria-hidden="true">in {Math.ceil((tokenEnds - now) / 1000)} s</span>
          <span className="hidden">soon</span>.
        </span>
        <button type="button" className="link" onClick={onToken}>Enter a new one</button>
      </p>
    );
  }
  return null;
}
