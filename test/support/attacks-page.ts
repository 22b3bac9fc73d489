/** Attacks by the page around us: prototypes that are polluted, and built-ins that are replaced, once all is loaded. */
import { compileExpression, compileTemplate, validate } from '../../runtime/index.js';
import { output, runWorkflow, setVariables, step, workflow } from './attacks-run.js';
import { type Attack, must, mustEqual, outcome, strangersIn } from './attacks-watch.js';

type Bend = readonly [target: object, key: PropertyKey, descriptor: PropertyDescriptor];

const value = (leak: unknown): PropertyDescriptor => ({ value: leak, writable: true, configurable: true });
const onObject = (members: Readonly<Record<string, unknown>>): Bend[] =>
  Object.entries(members).map(([key, leak]): Bend => [Object.prototype, key, value(leak)]);

/** Does `work` while the prototypes are bent; they are straight again when it is over, whatever came of it. */
export async function whileBent<T>(bends: readonly Bend[], work: () => T | Promise<T>): Promise<T> {
  const before = bends.map(([target, key]) => Object.getOwnPropertyDescriptor(target, key));
  // Without a prototype: one that inherits `get` would be a contradiction.
  const own = bends.map(([, , descriptor]) => Object.assign(Object.create(null), descriptor));
  const { length } = Array.prototype;
  try {
    for (const [index, [target, key]] of bends.entries()) Object.defineProperty(target, key, own[index]);
    return await work();
  } finally {
    for (const [index, [target, key]] of bends.entries()) {
      const descriptor = before[index];
      if (descriptor === undefined) Reflect.deleteProperty(target, key);
      else Object.defineProperty(target, key, descriptor);
    }
    Array.prototype.length = length;
  }
}

const scope = { a: { b: 'x' }, list: [{ n: 2 }, { n: 1 }], text: 'text' };
const expressions = [
  'leak',
  'a.leak',
  'list[9]',
  "list|map('leak')",
  "list|map('n')|sort",
  'list[.n > 1]',
  "list|find('leak')",
  'a|string',
  'a|keys',
  '{n: 1, leak: a.b}|entries',
  "'leak' in a",
  "a == {b: 'x'}",
  '{v: 1}|merge({w: 2})',
  "'a,b'|split(',')",
  '\'{"k": [1]}\'|parseJSON',
];
const templates: readonly unknown[] = [
  '<{{a}}>',
  '{{#list}}{{n}}{{leak}};{{/list}}',
  '{{#leak}}leak{{/leak}}',
  { '{{a.b}}': ['{{list}}', '{{leak}}'] },
];

/** Everything that an expression or a template of an author comes to. */
function texts(): unknown[] {
  const compiled = expressions.map((source) => outcome(() => compileExpression(source).evaluate(scope) ?? null));
  return [...compiled, ...templates.map((template) => outcome(() => compileTemplate(template).render(scope) ?? null))];
}

const document = workflow([
  setVariables('v', [{ name: 'count', value: '{{input.list.length}}' }], 'l'),
  step('l', 'loop', { items: '{{input.list}}', itemVariable: 'it', collect: 'it.n * 2' }, { next: 'e', done: 'c' }),
  step(
    'e',
    'action',
    { type: 'echo', parameters: { it: '<{{it}}>', many: [1, 2, 3, 4, 5, 6, '{{it.n}}', 8, 9, 10] } },
    { success: 'l' },
  ),
  step('c', 'condition', { expression: 'variables.count > 1' }, { true: 'out', false: 'end' }),
  output({ l: '{{steps.l.output}}', leak: '{{input.leak}}', admin: '{{steps.e.output.isAdmin}}' }),
]);

async function wholeRun(): Promise<unknown> {
  const { ok, issues } = validate(document);
  const { state, given, kept } = await runWorkflow(document, { input: { list: scope.list } });
  return [ok, issues, state.status, state.output, given, kept];
}

const pollutions: readonly (readonly [string, readonly Bend[]])[] = [
  ['names that data is asked for', onObject({ leak: 'leaked', isAdmin: true, n: 9, admin: true })],
  [
    'names on every kind of value',
    [Array, String, Number, Boolean, Function].map(({ prototype }): Bend => [prototype, 'leak', value('leaked')]),
  ],
  [
    'elements that no list has',
    ['0', '1', '5', '9'].flatMap((index): Bend[] => [[Array.prototype, index, value('leaked')]]),
  ],
  ['`toJSON`', [Object.prototype, Array.prototype].map((target): Bend => [target, 'toJSON', value(() => 'leaked')])],
];

/** What a whole run is held against: the check of its definition, its input and its journal. */
const runPollutions: readonly (readonly [string, readonly Bend[]])[] = [
  ['names that data is asked for', onObject({ leak: 'leaked', isAdmin: true, admin: true })],
  ['elements that no list has', onObject({ 0: 'leaked', 1: 'leaked', 5: 'leaked', 7: 'leaked', 9: 'leaked' })],
  ['what a schema says of a field', onObject({ required: 'leaked', pattern: '^$', properties: true, items: 'leaked' })],
];

/** Replaced later, by a page that means to see or to change what passes. Such a page may break us; it must get nothing out. */
const replacements: readonly (readonly [string, readonly Bend[]])[] = [
  ['Array.prototype.map', [[Array.prototype, 'map', value(() => [() => 'BAIT-7f3a'])]]],
  ['Array.prototype.filter', [[Array.prototype, 'filter', value(() => [() => 'BAIT-7f3a'])]]],
  ['Object.entries', [[Object, 'entries', value(() => [['k', () => 'BAIT-7f3a']])]]],
  ['Object.hasOwn', [[Object, 'hasOwn', value(() => true)]]],
  ['hasOwnProperty', [[Object.prototype, 'hasOwnProperty', value(() => true)]]],
  ['JSON.parse', [[JSON, 'parse', value(() => ({ f: () => 'BAIT-7f3a' }))]]],
  ['String.prototype.split', [[String.prototype, 'split', value(() => [() => 'BAIT-7f3a'])]]],
];

export function pageAttacks(): Attack[] {
  return [
    ...pollutions.map(([name, bends]) => ({
      id: `a polluted page changes nothing of what texts give: ${name}`,
      run: async () => {
        const straight = JSON.stringify(texts());
        const bent = await whileBent(bends, texts);
        mustEqual(JSON.stringify(bent), straight);
      },
    })),
    ...runPollutions.map(([name, bends]) => ({
      id: `a polluted page changes nothing of a whole run: ${name}`,
      run: async () => {
        const straight = JSON.stringify(await wholeRun());
        const bent = await whileBent(bends, wholeRun);
        mustEqual(JSON.stringify(bent), straight);
      },
    })),
    ...replacements.map(([name, bends]) => ({
      id: `a page that replaces ${name} has no function come of a text`,
      run: async () => {
        const compiled = expressions.map((source) => compileExpression(source));
        const given: unknown[] = [];
        await whileBent(bends, () => {
          for (const one of compiled) given[given.length] = tried(() => one.evaluate(scope));
        });
        const functions = strangersIn(given).filter((stranger) => stranger.endsWith('is a function'));
        must(functions.length === 0, functions.join());
      },
    })),
  ];
}

/** The value, or nothing: a page that breaks the language may break us. */
function tried(work: () => unknown): unknown {
  try {
    return work();
  } catch {
    return undefined;
  }
}
