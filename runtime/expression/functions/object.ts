import type { Meter } from '../limits.js';
import { boundedText, keysOf } from '../operators.js';
import { defineFunction } from '../registry.js';
import { readOwn, setOwn } from '../values.js';
import { elements, pathReader } from './support.js';

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

export const objectFunctions = [
  defineFunction({
    name: 'keys',
    description: 'The keys of an object.',
    signature: 'object|keys: string[]',
    call: (value, _args, _environment, meter) => entriesOf(value, meter).map((entry) => entry.key),
  }),
  defineFunction({
    name: 'values',
    description: 'The values of an object.',
    signature: 'object|values: list',
    call: (value, _args, _environment, meter) => entriesOf(value, meter).map((entry) => entry.value),
  }),
  defineFunction({
    name: 'entries',
    description: 'The members of an object as a list of objects with key and value.',
    signature: 'object|entries: { key: string, value: any }[]',
    call: (value, _args, _environment, meter) => entriesOf(value, meter),
  }),
  defineFunction({
    name: 'fromEntries',
    description: 'The object of a list of objects with key and value, or of pairs.',
    signature: 'list|fromEntries: object',
    call: (value, _args, _environment, meter) => fromEntries(value, meter),
  }),
  defineFunction({
    name: 'merge',
    description: 'One object with the members of several; of members with one key the last counts.',
    signature: 'object|merge(...others: object): object',
    call: (value, args, _environment, meter) =>
      objectOf(
        [value, ...args].flatMap((part) => entriesOf(part, meter)),
        meter,
      ),
  }),
  defineFunction({
    name: 'pick',
    description: 'The object with the named members only.',
    signature: 'object|pick(...keys: string): object',
    call: (value, args, _environment, meter) => {
      const names = namedKeys(args, meter);
      return objectOf(
        entriesOf(value, meter).filter((entry) => names.has(entry.key)),
        meter,
      );
    },
  }),
  defineFunction({
    name: 'omit',
    description: 'The object without the named members.',
    signature: 'object|omit(...keys: string): object',
    call: (value, args, _environment, meter) => {
      const names = namedKeys(args, meter);
      return objectOf(
        entriesOf(value, meter).filter((entry) => !names.has(entry.key)),
        meter,
      );
    },
  }),
  defineFunction({
    name: 'get',
    description: 'What a value has at a path such as "a.b[0]".',
    signature: 'any|get(path: string): any',
    itemArgument: { index: 0, kind: 'path' },
    call: (value, [path], _environment, meter) => pathReader(path, meter)(value),
  }),
];
