/**
 * Looks whether an attack got anywhere: what was returned, what became of the language's own objects, and of the
 * globals. Reaches for no host's modules, so that Node, workerd and a page watch alike.
 */
import { NewtflowError } from '../../runtime/index.js';

/** One thing that must not get anywhere. */
export interface Attack {
  readonly id: string;
  /** Throws, or returns what must not have come about; anything that is no {@link NewtflowError} counts as a hit. */
  run(): unknown;
}

export interface AttackResult {
  readonly id: string;
  /** What the attack came to; empty where it was warded off. */
  readonly hits: readonly string[];
}

/** Put where no expression may look; must be in nothing that leaves. */
export const BAIT = 'BAIT-7f3a';

/** Carries out one attack and looks at what is left. */
export async function carryOut(attack: Attack): Promise<AttackResult> {
  const before = fingerprint();
  const hits: string[] = [];
  try {
    hits.push(...strangersIn(await attack.run()));
  } catch (error) {
    hits.push(...hitsOfError(error));
  }
  hits.push(...changesSince(before));
  return { id: attack.id, hits };
}

/** The value, or the typed error; any other error is thrown on. */
export function outcome<T>(work: () => T): T | NewtflowError {
  try {
    return work();
  } catch (error) {
    if (error instanceof NewtflowError) return error;
    throw error;
  }
}

/** Throws with both where they are not the same JSON. */
export function mustEqual(actual: unknown, expected: unknown): void {
  const [is, must] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== must) throw new Error(`came to ${is}, not to ${must}`);
}

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** The code of the typed error that `work` must throw. */
export function codeOf(work: () => unknown): string {
  const result = outcome(work);
  return result instanceof NewtflowError ? result.code : `no error but ${JSON.stringify(result)}`;
}

function hitsOfError(error: unknown): string[] {
  if (error instanceof NewtflowError) return [];
  return [error instanceof Error ? `${error.name}: ${error.message}` : `threw ${typeof error}`];
}

/** What is in a value that is no plain JSON, or that was not to be seen. */
export function strangersIn(value: unknown, path = 'result', depth = 0): string[] {
  if (value instanceof NewtflowError) return value.message.includes(BAIT) ? [`${path} tells the bait`] : [];
  if (typeof value === 'string') return value.includes(BAIT) ? [`${path} is the bait`] : [];
  if (typeof value === 'function' || typeof value === 'symbol') return [`${path} is a ${typeof value}`];
  if (typeof value !== 'object' || value === null || depth > 50) return [];
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === Object.prototype || prototype === Array.prototype || prototype === null;
  if (!plain) return [`${path} is an object of a class`];
  return Object.entries(value).flatMap(([key, member]) => [
    ...(key.includes(BAIT) ? [`${path} has the bait as a key`] : []),
    ...strangersIn(member, `${path}.${key}`, depth + 1),
  ]);
}

// --- What must stay as it is -----------------------------------------------------------------------------------------

interface Held {
  readonly owner: object;
  readonly name: string;
  readonly prototype: unknown;
  readonly members: ReadonlyMap<PropertyKey, PropertyDescriptor>;
}

const asyncFunction: unknown = Object.getPrototypeOf(async () => undefined);
const watched: readonly (readonly [string, unknown])[] = [
  ...[
    Object,
    Function,
    Array,
    String,
    Number,
    Boolean,
    Symbol,
    Date,
    RegExp,
    Map,
    Set,
    WeakMap,
    Promise,
    Error,
  ].flatMap((owner): [string, unknown][] => [
    [owner.name, owner],
    [`${owner.name}.prototype`, owner.prototype],
  ]),
  ['JSON', JSON],
  ['Math', Math],
  ['Reflect', Reflect],
  ['AsyncFunction.prototype', asyncFunction],
];

interface Fingerprint {
  readonly held: readonly Held[];
  readonly globals: ReadonlySet<PropertyKey>;
}

/** Every own member of the language's own objects, by identity, and the names of the globals. */
export function fingerprint(): Fingerprint {
  const held = watched.flatMap(([name, owner]) =>
    (typeof owner === 'object' && owner !== null) || typeof owner === 'function' ? [hold(name, owner)] : [],
  );
  return { held, globals: new Set(Reflect.ownKeys(globalThis)) };
}

function hold(name: string, owner: object): Held {
  const members = new Map<PropertyKey, PropertyDescriptor>();
  for (const key of Reflect.ownKeys(owner)) {
    const member = Reflect.getOwnPropertyDescriptor(owner, key);
    if (member !== undefined) members.set(key, member);
  }
  return { owner, name, prototype: Object.getPrototypeOf(owner), members };
}

/** What has changed; empty where all is as it was. */
export function changesSince(before: Fingerprint): string[] {
  const changes = before.held.flatMap(({ owner, name, prototype, members }) => {
    const now = hold(name, owner);
    const keys = new Set([...members.keys(), ...now.members.keys()]);
    const changed = [...keys].filter((key) => !same(members.get(key), now.members.get(key)));
    const reparented = now.prototype === prototype ? [] : [`the prototype of ${name} was replaced`];
    return [...changed.map((key) => `${name}.${String(key)} was changed`), ...reparented];
  });
  const names = Reflect.ownKeys(globalThis).filter((key) => !before.globals.has(key));
  return [...changes, ...names.map((key) => `the global ${String(key)} came to be`)];
}

function same(before: PropertyDescriptor | undefined, now: PropertyDescriptor | undefined): boolean {
  if (before === undefined || now === undefined) return before === now;
  return (
    Object.is(before.value, now.value) &&
    before.get === now.get &&
    before.set === now.set &&
    before.enumerable === now.enumerable &&
    before.configurable === now.configurable &&
    before.writable === now.writable
  );
}
