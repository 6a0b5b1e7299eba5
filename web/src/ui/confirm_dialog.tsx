// SPDX-License-Identifier: MIT
import type { Container, ContainerAction } from "../wire/types";
import { Dialog } from "./dialog";

export type ConfirmedAction = Exclude<ContainerAction, "start">;

const words: Readonly<Record<ConfirmedAction, { title: string; text: string; button: string }>> = {
  stop: { title: "Stop", text: "Its programs are asked to end. Its data stays.", button: "Stop" },
  restart: { title: "Restart", text: "Its programs end and begin anew. Open connections break.", button: "Restart" },
  delete: { title: "Delete", text: "The container and everything stored in it are gone for good.", button: "Delete" },
};

interface Props {
  container: Container;
  action: ConfirmedAction;
  onConfirm: () => void;
  onClose: () => void;
}

export function ConfirmDialog({ container, action, onConfirm, onClose }: Props) {
  const { title, text, button } = words[action];
  return (
    <Dialog title={`${title} ${container.name}?`} className="confirm" onClose={onClose}>
      <p>{text}</p>
      <p className="muted">{container.image}{container.username ? ` · user ${container.username}` : ""}</p>
      <div className="dialog-buttons">
        <button type="button" className="button" autoFocus onClick={onClose}>Cancel</button>
        <button type="button" className={action === "delete" ? "button danger" : "button primary"} onClick={onConfirm}>{button}</button>
      </div>
    </Dialog>
  );
}
