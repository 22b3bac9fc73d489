/** Which pointer of the author's document became which of the normal form; a prefix stands for all below it. */
export class Origins {
  readonly #from = new Map<string, string>();

  moved(to: string, from: string): void {
    this.#from.set(to, from);
  }

  readonly origin = (pointer: string): string => {
    for (let end = pointer.length; end >= 0; end = end === 0 ? -1 : pointer.lastIndexOf('/', end - 1)) {
      const from = this.#from.get(pointer.slice(0, end));
      if (from !== undefined) return from + pointer.slice(end);
    }
    return pointer;
  };
}
