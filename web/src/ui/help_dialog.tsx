// SPDX-License-Identifier: MIT
import { Dialog } from "./dialog";

const shortcuts: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ["Containers", [
    ["/", "search"], ["↑ ↓", "move, also j k"], ["Enter", "open the log"], ["Esc", "close the log"],
  ]],
  ["Log", [
    ["Home End", "first line, follow the end"], ["s", "search in the log"], ["n N", "next, previous match"], ["m", "matching lines only"], ["f", "follow the end or stay"],
    ["p", "pause and go on"], ["w", "wrap long lines"], ["t", "times"], ["z", "full screen"],
  ]],
];

export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" className="help" onClose={onClose}>
      <div className="help-columns">
        {shortcuts.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, meaning]) => (
                <div key={key}>
                  <dt>{key.split(" ").map((k) => <kbd key={k}>{k}</kbd>)}</dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <div className="dialog-buttons">
        <button type="button" className="button" autoFocus onClick={onClose}>Close</button>
      </div>
    </Dialog>
  );
}
