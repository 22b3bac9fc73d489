import type { Meter } from './limits.js';
import { readOwn } from './values.js';

/** A path such as `a.b[0].c`, taken apart; the empty one means the value itself. */
export class ItemPath {
  readonly keys: readonly string[];

  constructor(path: string) {
    this.keys =
      path === ''
        ? []
        : path
            .replaceAll(/\[(\d+)\]/g, '.$1')
            .replace(/^\./, '')
            .split('.');
  }

  /** What stands at the path of an item, own members only; paid for. */
  read(item: unknown, meter: Meter): unknown {
    meter.spend(this.keys.length);
    let value = item;
    for (const key of this.keys) value = readOwn(value, key);
    return value;
  }
}
