/** Attacks by the author of a definition on what checks it: names that objects inherit, schemas and patterns that take long. */
import { checkInput, compile, NewtflowError, validate } from '../../runtime/index.js';
import { output, setVariables, step, workflow } from './attacks-run.js';
import { type Attack, must, mustEqual } from './attacks-watch.js';

const codes = (document: unknown): string[] =>
  validate(document)
    .issues.filter(({ severity }) => severity === 'error')
    .map(({ code }) => code);

const PROTO = '__proto__';
const looping = step('l', 'loop', { items: [1], itemVariable: PROTO }, { next: 'out', done: 'out' });
const acting = step('a', 'action', { type: 'echo', resultKey: PROTO }, { success: 'out' });
const forbidden: readonly (readonly [string, unknown])[] = [
  ['a parameter', workflow([output('x')], { parameters: [{ name: PROTO, type: 'string' }] })],
  ['a variable', workflow([setVariables('v', [{ name: PROTO, value: { a: 1 } }], 'end')])],
  ['an item', workflow([looping, output('x')])],
  ['a key of results', workflow([acting, output('x')])],
  ['the name of a secret', workflow([output('x')], { config: { secrets: { s: { kind: 'reference', name: PROTO } } } })],
];

const slow = `${'a'.repeat(29)}!`;
const EVIL = '(a+)+$';
const inSchema = (inputSchema: unknown) => workflow([output('x')], { inputSchema });
const parameter = (more: object) => workflow([output('x')], { parameters: [{ name: 'p', type: 'string', ...more }] });
const answering = (outputSchema: unknown) =>
  workflow([
    step('m', 'llm', { systemPrompt: 'x', outputFormat: 'json', outputSchema }, { success: 'out' }),
    output('x'),
  ]);
const patterns: readonly (readonly [string, unknown])[] = [
  ['of a parameter', parameter({ validation: { pattern: EVIL } })],
  ['met by its own default', parameter({ validation: { pattern: EVIL }, default: slow })],
  ['in a schema', inSchema({ properties: { p: { pattern: EVIL } } })],
  ['for names in a schema', inSchema({ patternProperties: { [EVIL]: true } })],
  ['of a property called as what holds data', inSchema({ properties: { const: { pattern: EVIL } } })],
  [
    'under a name that a keyword bears',
    inSchema({ $defs: { const: { pattern: EVIL } }, items: { $ref: '#/$defs/const' } }),
  ],
  ['for a name that a keyword bears', inSchema({ patternProperties: { enum: { pattern: EVIL } } })],
  ['for what depends on such a name', inSchema({ dependentSchemas: { default: { items: { pattern: EVIL } } } })],
  ['for what depends on it in the old way', inSchema({ dependencies: { pattern: { items: { pattern: EVIL } } } })],
  ['where no keyword leads', inSchema({ notes: { a: { pattern: EVIL } }, $ref: '#/notes/a' })],
  ['in the schema of an answer', answering({ type: 'string', pattern: EVIL })],
];

/** Each definition names the one before twice. */
function fanOut(levels: number): object {
  const $defs: Record<string, unknown> = { d0: { type: 'object' } };
  for (let level = 1; level <= levels; level += 1) {
    const $ref = `#/$defs/d${level - 1}`;
    $defs[`d${level}`] = { allOf: [{ $ref }, { $ref }] };
  }
  return { $defs, $ref: `#/$defs/d${levels}` };
}

function soon(work: () => void): void {
  const before = Date.now();
  work();
  must(Date.now() - before < 3000, `took ${Date.now() - before} ms`);
}

const inherited = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'];

export function definitionAttacks(): Attack[] {
  return [
    ...forbidden.map(([what, document]) => ({
      id: `${what} called \`__proto__\` is refused`,
      run: () => mustEqual(codes(document), ['FORBIDDEN_NAME']),
    })),
    ...patterns.map(([what, document]) => ({
      id: `a pattern that backtracks, ${what}, is refused`,
      run: () => soon(() => mustEqual(codes(document), ['BAD_PATTERN'])),
    })),
    {
      id: 'a schema that fans out is refused',
      run: () =>
        soon(() => {
          for (const levels of [20, 100]) {
            mustEqual(codes(inSchema(fanOut(levels))), ['BAD_SCHEMA']);
            mustEqual(codes(answering(fanOut(levels))), ['BAD_SCHEMA']);
          }
          mustEqual(codes(inSchema(fanOut(8))), []);
        }),
    },
    {
      id: 'a schema that fans out with the depth of an input is given up',
      run: () => {
        const below = { properties: { a: { $ref: '#' } } };
        const plan = compile(inSchema({ allOf: [below, below] }));
        let input: unknown = {};
        for (let depth = 0; depth < 100; depth += 1) input = { a: input };
        soon(() => mustEqual(checkInput(plan, input).ok, false));
        mustEqual(checkInput(plan, { a: { a: {} } }).ok, true);
      },
    },
    {
      id: 'a value of many texts is bounded as a whole',
      run: () => {
        for (const text of ['{{range(0, 45000)}}', "{{'x'|padStart(100000)}}"]) {
          const { config } = compile(workflow([output('x')], { config: { output: { a: Array(2000).fill(text) } } }));
          let code: unknown;
          try {
            config.output?.render({});
          } catch (error) {
            code = error instanceof NewtflowError ? `${error.code} ${error.field}`.replace(/\d+$/, '') : error;
          }
          mustEqual(code, 'TEMPLATE_LIMIT /a/');
        }
      },
    },
    ...inherited.map((name) => ({
      id: `a parameter called \`${name}\` takes its default, and is missed where it is required`,
      run: () => {
        const declared = { name, type: 'string' };
        const plan = compile(workflow([output('x')], { parameters: [{ ...declared, default: 'd' }] }));
        mustEqual(checkInput(plan, {}), { ok: true, input: { [name]: 'd' } });
        const strict = checkInput(
          compile(workflow([output('x')], { parameters: [{ ...declared, required: true }] })),
          {},
        );
        mustEqual(strict.ok ? [] : strict.issues.map(({ code }) => code), ['REQUIRED']);
        const inputSchema = { properties: { [name]: { default: 'd' } } };
        mustEqual(checkInput(compile(workflow([output('x')], { inputSchema })), {}), {
          ok: true,
          input: { [name]: 'd' },
        });
      },
    })),
  ];
}
