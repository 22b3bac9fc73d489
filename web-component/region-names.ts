import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** The elements in the page, in the order in which they came. */
const inPage = new Set<RegionNames>();

/**
 * Tells apart the regions of elements that show the same workflow in the same place: whoever moves from region to region
 * by their names hears which of them it is.
 */
export class RegionNames implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #base = '';

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    inPage.add(this);
  }

  hostDisconnected(): void {
    inPage.delete(this);
    this.#updateNamesakes(this.#base);
  }

  /** 1 for the first element of this base name in the page, 2 for the second. */
  number(base: string): number {
    const before = this.#base;
    this.#base = base;
    if (before !== base) {
      this.#updateNamesakes(before);
      this.#updateNamesakes(base);
    }
    let number = 1;
    for (const each of inPage) {
      if (each === this) break;
      if (each.#base === base) number += 1;
    }
    return number;
  }

  #updateNamesakes(base: string): void {
    for (const each of inPage) if (each !== this && each.#base === base) each.#host.requestUpdate();
  }
}
