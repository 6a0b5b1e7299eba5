// SPDX-License-Identifier: MIT
// Under which path the server speaks Socket.IO: the node writes it into the page where it is not the usual one (live.path).

/** The page's <meta> of this name says it, relative to the page and percent-encoded. */
export const metaName = "dockhost-socket-path";
export const usualPath = "socket.io/";

/** folder: the path of the page's folder, with its slash; told: what the page says, null or empty where nothing. */
export function socketPath(folder: string, told: string | null): string {
  return folder + (told || usualPath);
}
