// SPDX-License-Identifier: MIT
import { Icon } from "./icons";
import type { IconName } from "./icons";

interface Props {
  icon: IconName;
  /** What it does: for screen readers and as the tooltip. */
  label: string;
  /** The key that does the same. */
  shortcut?: string;
  /** For a toggle: whether it is on. */
  pressed?: boolean;
  disabled?: boolean;
  className?: string;
  onClick: () => void;
}

export function IconButton({ icon, label, shortcut, pressed, disabled, className, onClick }: Props) {
  return (
    <button
      type="button"
      className={`icon-button ${className ?? ""}`}
      aria-label={label}
      title={shortcut ? `${label} (${shortcut})` : label}
      aria-pressed={pressed}
      aria-keyshortcuts={shortcut}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
