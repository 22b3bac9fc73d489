/** Attacks by the author of a definition on what checks it: names that objects inherit, schemas and patterns that take long. */
import { checkInput, compile, validate } from '../../runtime/index.js';
import { output, setVariables, step, workflow } from './attacks-run.js';
import { type Attack, mustEqual } from './attacks-watch.js';

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

const inherited = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'];

export function definitionAttacks(): Attack[] {
  return [
    ...forbidden.map(([what, document]) => ({
      id: `${what} called \`__proto__\` is refused`,
      run: () => mustEqual(codes(document), ['FORBIDDEN_NAME']),
    })),
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
