// SPDX-License-Identifier: MIT
import { useState } from "react";
import { keepToken, readToken } from "../socket/token";
import { Dialog } from "./dialog";

interface Props {
  /** What the server said; empty if the reader asked for the dialog. */
  reason: string;
  onToken: () => void;
  onClose: () => void;
}

export function TokenDialog({ reason, onToken, onClose }: Props) {
  const [token, setToken] = useState("");
  const had = readToken() !== null;
  return (
    <Dialog title={reason ? "The node asks for a token" : "Change the token"} className="token" onClose={onClose}>
      {reason && <p className={had ? "token-reason bad" : "token-reason"} role="alert">The node answered: <q>{reason}</q></p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          keepToken(token.trim());
          onToken();
        }}
      >
        <label className="field">
          Token
          <input
            type="password"
            autoFocus
            autoComplete="off"
            spellCheck={false}
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        </label>
        <p className="muted">
          The operator of this node makes one with <code>dockhost token new</code>. It is kept in this tab only.
        </p>
        <div className="dialog-buttons">
          <button type="button" className="button" onClick={onClose}>Not now</button>
          <button type="submit" className="button primary">{token.trim() === "" && had ? "Forget and connect" : "Connect"}</button>
        </div>
      </form>
    </Dialog>
  );
}
