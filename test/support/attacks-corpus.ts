/** The published attacks, turned to our delimiters and brought in by every way an author has to write a text. */
import { compile, compileExpression, compileTemplate, NewtflowError, validate } from '../../runtime/index.js';
import { graphOf } from '../../runtime/tooling.js';
import { output, runWorkflow, setVariables, step, workflow } from './attacks-run.js';
import { type Attack, BAIT, codeOf, must, mustEqual, outcome, strangersIn } from './attacks-watch.js';

export interface CorpusEntry {
  readonly id: string;
  readonly x?: string;
}
export interface Corpus {
  readonly expression: readonly CorpusEntry[];
  readonly template: readonly CorpusEntry[];
  readonly definition_and_ingress: readonly CorpusEntry[];
}

/** What a careless host might put within reach: functions, classes, what is inherited. */
export function hostileScope(): Readonly<Record<string, unknown>> {
  class Instance {
    readonly field = 1;
    get inherited(): string {
      return BAIT;
    }
    method(): string {
      return BAIT;
    }
  }
  const call = (): string => BAIT;
  const inheriting: unknown = Object.create({ bait: BAIT });
  return {
    a: { b: 'x' },
    obj: { k: 1 },
    object: { k: 1 },
    body: {},
    con: Object,
    list: [1, [2]],
    text: 'text',
    fn: call,
    af: Object.getPrototypeOf(async () => undefined).constructor,
    instance: new Instance(),
    inheriting,
    date: new Date(0),
    map: new Map([['k', BAIT]]),
    symbol: Symbol(BAIT),
    big: 10n,
    Object,
    Function,
    Reflect,
    thenable: Object.fromEntries([['then', call]]),
    json: { toJSON: call },
    stringy: { toString: call, valueOf: call },
  };
}

/** What evaluating gives: nothing, a typed error, or the JSON named here where an entry asks for no more than that. */
const data: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  // `+{…}` is no number, and `then` of an object that is not awaited is a key like any other.
  ['proto-len', null],
  ['thenable', {}],
]);

export function corpusAttacks(corpus: Corpus): Attack[] {
  return [
    ...corpus.expression.map((entry) => ({ id: `expression ${entry.id}`, run: () => tryExpression(entry) })),
    ...corpus.template.map((entry) => ({ id: `template ${entry.id}`, run: () => tryTemplate(entry) })),
    ...corpus.definition_and_ingress.map((entry) => ({ id: `ingress ${entry.id}`, run: () => tryIngress(entry) })),
  ];
}

function tryExpression({ id, x = '' }: CorpusEntry): void {
  const source = id === 'dos-len' ? `${'1+'.repeat(10_000_000)}1` : x;
  const scope = hostileScope();
  const plain = outcome(() => compileExpression(source).evaluate(scope));
  // A function that a host has put into a scope itself is no data: nothing comes of it either.
  must(plain === undefined || plain instanceof NewtflowError || data.has(id), `gave ${JSON.stringify(plain)}`);
  if (data.has(id) && !(plain instanceof NewtflowError)) mustEqual(plain, data.get(id));
  const written = outcome(() => compileTemplate(`<{{${source}}}>`).render(scope));
  must(written instanceof NewtflowError || innocent(written), `writes ${JSON.stringify(written)}`);
  const section = outcome(() => compileTemplate(`{{#${source}}}${BAIT}{{/${source}}}`).render(scope));
  must(
    section instanceof NewtflowError || id === 'thenable' || section === '',
    `opens a section: ${JSON.stringify(section)}`,
  );
  for (const document of documentsWith(source)) outcome(() => compile(document));
}

/** Text without anything of the language or the host in it. */
function innocent(text: unknown): boolean {
  return typeof text === 'string' && /^<(|\{\}|null)>$/.test(text);
}

/** Workflows that hold the text wherever one is evaluated. */
function documentsWith(source: string): unknown[] {
  const end = output('done');
  return [
    workflow([step('c', 'condition', { expression: source }, { true: 'out', false: 'out' }), end]),
    workflow([step('s', 'switch', { cases: [{ when: source, port: 'p' }] }, { p: 'out', default: 'out' }), end]),
    workflow([step('l', 'loop', { while: source, collect: source }, { next: 'l', done: 'out' }), end]),
    workflow([step('w', 'wait_for_event', { event: 'e', match: source }, { success: 'out' }), end]),
    workflow([step('a', 'action', { type: 'echo', parameters: { [`{{${source}}}`]: `{{${source}}}` } })]),
    workflow([output(`{{${source}}}`)]),
    workflow([setVariables('v', [{ name: 'v', value: `{{${source}}}` }], 'out'), end]),
  ];
}

async function tryTemplate({ id, x = '' }: CorpusEntry): Promise<void> {
  const literal = '{{secrets.API_KEY}}';
  if (id === 'double-eval-step') {
    const { state } = await runWorkflow(
      workflow([step('step1', 'action', { type: 'act' }, { success: 'out' }), output('<{{steps.step1.output}}>')]),
      { act: () => literal },
    );
    return mustEqual(state.output, `<${literal}>`);
  }
  if (id === 'delims') {
    const template = compileTemplate('<{{text}}>{{#list}}{{.}}{{/list}}');
    mustEqual(template.render({ text: x, list: [x], secrets: { API_KEY: BAIT } }), `<${x}>${x}`);
    return mustEqual(
      codeOf(() => compileTemplate(x)),
      'TEMPLATE_INVALID',
    );
  }
  if (id === 'nest') {
    mustEqual(
      codeOf(() => compileTemplate('{{#a}}'.repeat(20_000))),
      'TEMPLATE_LIMIT',
    );
    const closed = `${'{{#a}}'.repeat(20_000)}${'{{/a}}'.repeat(20_000)}`;
    return mustEqual(
      codeOf(() => compileTemplate(closed)),
      'TEMPLATE_LIMIT',
    );
  }
  if (id === 'hb-ast') {
    // A tree is a value like any other: copied, and never taken for a template.
    const tree: unknown = JSON.parse(x);
    return mustEqual(compileTemplate(tree).render(hostileScope()), tree);
  }
  const rendered = outcome(() => compileTemplate(`<${x}>`).render(hostileScope()));
  must(rendered instanceof NewtflowError || rendered === '<>', `writes ${JSON.stringify(rendered)}`);
  mustEqual(strangersIn(outcome(() => compileTemplate(x).render(hostileScope()))), []);
}

async function tryIngress({ id, x = '' }: CorpusEntry): Promise<void> {
  if (id === 'content-type') {
    const body = { files: { upload: { filepath: '/etc/passwd' } }, executionId: 'forged', secrets: { k: BAIT } };
    const { state } = await runWorkflow(workflow([output({ id: '{{executionId}}', files: '{{input.files}}' })]), {
      input: body,
    });
    return mustEqual(state.output, { id: 'exec_1', files: body.files });
  }
  if (id === 'stepid-proto') {
    mustEqual(validate(workflow([output('x', '__proto__')])).ok, false);
    const { state } = await runWorkflow(
      workflow([
        step('constructor', 'action', { type: 'echo', parameters: { n: 1 } }, { success: 'toString' }),
        step('toString', 'action', { type: 'echo', parameters: { n: 2 } }, { success: 'out' }),
        output('{{steps.constructor.output.n}}{{steps.toString.output.n}}{{steps.constructor.name}}'),
      ]),
    );
    return mustEqual(state.output, '12');
  }
  if (id === 'fn-string') {
    const text = x.slice(x.indexOf('"') + 1, x.lastIndexOf('"'));
    const { state, given } = await runWorkflow(
      workflow([step('a', 'action', { type: 'echo', parameters: { config: text } }, { success: 'out' }), output(text)]),
    );
    mustEqual(given, [{ config: text }]);
    return mustEqual(state.output, text);
  }
  // To look at a workflow does nothing of it: not even the scope is read.
  const document = workflow([
    step('a', 'action', { type: 'act', parameters: { command: "{{['id']}}" } }, { success: 'out' }),
    output('done'),
  ]);
  const find = (): unknown => undefined;
  mustEqual(validate(document, { actions: { find } }).ok, true);
  graphOf(compile(document));
  compileTemplate('{{a.b}}{{#c}}{{/c}}');
  compileExpression('a.b[c]');
}
