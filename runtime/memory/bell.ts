/** Tells whoever listens that something has happened. */
export class Bell {
  #listeners: (() => void)[] = [];

  /** Resolves when it rings the next time. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#listeners.push(resolve);
    });
  }

  ring(): void {
    for (const listener of this.#listeners.splice(0)) listener();
  }
}
