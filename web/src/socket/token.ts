// SPDX-License-Identifier: MIT
// The token lives in this tab's session storage. A link may bring one (?token=...): it is taken out of the address at once.

const key = "dockhost.token";

export function loadToken(): string | null {
  const address = new URL(location.href);
  const brought = address.searchParams.get("token");
  if (brought !== null) {
    address.searchParams.delete("token");
    history.replaceState(history.state, "", address);
    if (brought !== "") sessionStorage.setItem(key, brought);
  }
  return readToken();
}

export function readToken(): string | null {
  return sessionStorage.getItem(key);
}

export function keepToken(token: string): void {
  if (token === "") sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, token);
}
