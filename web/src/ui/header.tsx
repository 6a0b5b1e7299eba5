// SPDX-License-Identifier: MIT
import { useRef } from "react";
import { ConnectionChips } from "./connection_chips";
import { IconButton } from "./button";
import { useAppState } from "./context";
import { Logo } from "./icons";
import type { Theme } from "./theme";

const next: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const icon = { system: "system", light: "sun", dark: "moon" } as const;

interface Props {
  theme: Theme;
  onTheme: (theme: Theme) => void;
  onToken: () => void;
  onHelp: () => void;
}

export function Header({ theme, onTheme, onToken, onHelp }: Props) {
  // Whose page it is stays known while the connection is away.
  const told = useAppState((state) => state.node);
  const last = useRef(told);
  if (told) last.current = told;
  const node = last.current;
  const needsToken = useAppState((state) => state.features.has("auth"));
  return (
    <header className="header">
      <div className="brand">
        <Logo />
        <h1>DockHost</h1>
        {node && <span className="brand-node" title={`Version ${node.version}`}>{node.node || `v${node.version}`}</span>}
      </div>
      <ConnectionChips />
      <div className="header-tools">
        {needsToken && <IconButton icon="key" label="Change the token" onClick={onToken} />}
        <IconButton
          icon={icon[theme]}
          label={`Colours: ${theme}. Change to ${next[theme]}`}
          onClick={() => onTheme(next[theme])}
        />
        <IconButton icon="keyboard" label="Keyboard shortcuts" shortcut="?" onClick={onHelp} />
      </div>
    </header>
  );
}
