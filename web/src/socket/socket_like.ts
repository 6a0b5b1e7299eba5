// SPDX-License-Identifier: MIT
// What this page uses of Socket.IO's client, so that a test can stand in for it, and how the real one is made.
import { io } from "socket.io-client";
import { metaName, socketPath } from "./socket_path";

export interface SocketLike {
  readonly connected: boolean;
  /** Whether it will connect again by itself. */
  readonly active: boolean;
  connect(): void;
  disconnect(): void;
  on(event: string, handler: (value: unknown) => void): void;
  off(event: string, handler: (value: unknown) => void): void;
  emit(event: string, payload: unknown): void;
  /** Calls answer once: with what the server acknowledged, or null after timeout milliseconds. */
  request(event: string, payload: unknown, timeout: number, answer: (value: unknown) => void): void;
}

/** A socket, not yet connected, to the server that this page came from, under the same path prefix and the path that the page tells. */
export function openSocket(token: () => string | null): SocketLike {
  const base = new URL(".", document.baseURI);
  const told = document.querySelector<HTMLMetaElement>(`meta[name="${metaName}"]`);
  const socket = io(base.origin, {
    path: socketPath(base.pathname, told && told.content),
    // WebSocket first; polling where something between refuses it.
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    autoConnect: false,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5000,
    randomizationFactor: 0.5,
    auth: (give) => {
      const value = token();
      give(value === null ? {} : { token: value });
    },
  });
  return {
    get connected() {
      return socket.connected;
    },
    get active() {
      return socket.active;
    },
    connect: () => void socket.connect(),
    disconnect: () => void socket.disconnect(),
    on: (event, handler) => void socket.on(event, handler),
    off: (event, handler) => void socket.off(event, handler),
    // Nothing is kept for a later connection: each one begins with its own requests.
    emit: (event, payload) => void (socket.connected && socket.emit(event, payload)),
    request(event, payload, timeout, answer) {
      if (!socket.connected) {
        answer(null);
        return;
      }
      socket.timeout(timeout).emit(event, payload, (error: Error | null, value: unknown) => answer(error ? null : value));
    },
  };
}
