import type { Meter } from '../limits.js';
import { boundedText, keysOf } from '../operators.js';
import { type Functions, ofItems } from '../registry.js';
import { readOwn, setOwn } from '../values.js';
import { elements, itemPath } from './support.js';

function entriesOf(value: unknown, meter: Meter): { key: string; value: unknown }[] {
  const keys = keysOf(value);
  meter.checkArray(keys.length);
  meter.spend(keys.length);
  return keys.map((key) => ({ key, value: readOwn(value, key) }));
}

function objectOf(
  entries: Iterable<{ readonly key: string; readonly value: unknown }>,
  meter: Meter,
): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  let count = 0;
  for (const { key, value } of entries) {
    if (value === undefined) continue;
    setOwn(object, key, value);
    meter.checkArray(++count);
  }
  return object;
}

/** The keys named by `pick('a', 'b')` and by `pick(['a', 'b'])`. */
function namedKeys(args: readonly unknown[], meter: Meter): Set<string> {
  const names = args.flatMap((argument) => (Array.isArray(argument) ? elements(argument, meter) : [argument]));
  return new Set(names.map((name) => boundedText(name, meter)));
}

function fromEntries(value: unknown, meter: Meter): Record<string, unknown> {
  const entries = elements(value, meter).map((entry) => {
    const [key, member] = Array.isArray(entry) ? ['0', '1'] : ['key', 'value'];
    return { key: boundedText(readOwn(entry, key), meter), value: readOwn(entry, member) };
  });
  return objectOf(entries, meter);
}

export const objectFunctions: Functions = {
  keys: (value, _args, _environment, meter) => entriesOf(value, meter).map((entry) => entry.key),
  values: (value, _args, _environment, meter) => entriesOf(value, meter).map((entry) => entry.value),
  entries: (value, _args, _environment, meter) => entriesOf(value, meter),
  fromEntries: (value, _args, _environment, meter) => fromEntries(value, meter),
  merge: (value, args, _environment, meter) =>
    objectOf(
      [value, ...args].flatMap((part) => entriesOf(part, meter)),
      meter,
    ),
  pick: (value, args, _environment, meter) => {
    const names = namedKeys(args, meter);
    return objectOf(
      entriesOf(value, meter).filter((entry) => names.has(entry.key)),
      meter,
    );
  },
  omit: (value, args, _environment, meter) => {
    const names = namedKeys(args, meter);
    return objectOf(
      entriesOf(value, meter).filter((entry) => !names.has(entry.key)),
      meter,
    );
  },
  get: ofItems('keys', (value, [path], _environment, meter) => itemPath(path, meter).read(value, meter)),
};
