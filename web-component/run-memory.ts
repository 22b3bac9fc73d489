/** Which run of a workflow on a server was last started from this browser. */
export function recall(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    // The browser keeps nothing for this page; then the run is found again through `runid` only.
    return undefined;
  }
}

export function remember(key: string, id: string): void {
  try {
    localStorage.setItem(key, id);
  } catch {
    // As above: the run itself is kept by the server.
  }
}
