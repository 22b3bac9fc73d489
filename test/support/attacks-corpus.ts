/** The published attacks, turned to our delimiters and brought in by every way an author has to write a text. */
import { compile, compileExpression, compileTemplate, NewtflowError, validate } from '../../runtime/index.js';
import { graphOf } from '../../runtime/tooling.js';
import { output, runWorkflow, setVariables, step, workflow } from './attacks-run.js';
import { templateVerdicts, type Verdict, verdicts } from './attacks-verdicts.js';
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

export function corpusAttacks(corpus: Corpus): Attack[] {
  return [
    ...corpus.expression.map((entry) => ({ id: `expression ${entry.id}`, run: () => tryExpression(entry) })),
    ...corpus.template.map((entry) => ({ id: `template ${entry.id}`, run: () => tryTemplate(entry) })),
    ...corpus.definition_and_ingress.map((entry) => ({ id: `ingress ${entry.id}`, run: () => tryIngress(entry) })),
  ];
}

function tryExpression({ id, x = '' }: CorpusEntry): void {
  const judged = Object.hasOwn(verdicts, id) ? verdicts[id] : undefined;
  if (judged === undefined) throw new Error('nobody has said what this entry must come to');
  tryEverywhere(id === 'dos-len' ? `${'1+'.repeat(10_000_000)}1` : x, judged.verdict);
  for (const [source, verdict] of judged.turned) tryEverywhere(source, verdict);
}

/** As an expression, in a tag, around a section, and wherever a workflow holds one. */
function tryEverywhere(source: string, verdict: Verdict): void {
  const scope = hostileScope();
  // A function that a host has put into a scope itself is no data: nothing comes of it either.
  mustCome(source, () => compileExpression(source).evaluate(scope), verdict);
  const written = 'gives' in verdict ? { gives: `<${textOf(verdict.gives)}>` } : verdict;
  mustCome(`a tag of ${source}`, () => compileTemplate(`<{{ ${source} }}>`).render(scope), written);
  const shown = 'gives' in verdict ? { gives: isEmpty(verdict.gives) ? '<>' : '<x>' } : verdict;
  const section = `<{{# ${source} }}x{{/ ${source} }}>`;
  mustCome(`a section of ${source}`, () => compileTemplate(section).render(scope), shown);
  for (const document of documentsWith(source)) {
    const made = outcome(() => compile(document));
    must(!(made instanceof NewtflowError) || made.code === 'INVALID_DEFINITION', `${source}: ${String(made)}`);
  }
}

function mustCome(what: string, work: () => unknown, verdict: Verdict): void {
  const came = outcome(work);
  const shown = `${what.slice(0, 100)} came to ${came instanceof NewtflowError ? came.message : JSON.stringify(came)}`;
  if ('gives' in verdict) {
    must(!(came instanceof NewtflowError) && JSON.stringify(came) === JSON.stringify(verdict.gives), shown);
    return;
  }
  // A text that is too long is so before there is an expression.
  const codes = [verdict.code, verdict.code.replace('EXPRESSION_LIMIT', 'TEMPLATE_LIMIT')];
  must(came instanceof NewtflowError && codes.includes(came.code) && came.message.includes(verdict.says), shown);
}

const textOf = (value: unknown) =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
const isEmpty = (value: unknown) => !value || (Array.isArray(value) && value.length === 0);

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
  const verdict = Object.hasOwn(templateVerdicts, id) ? templateVerdicts[id] : undefined;
  if (verdict === undefined) throw new Error('nobody has said what this entry must come to');
  mustCome(x, () => compileTemplate(`<${x}>`).render(hostileScope()), verdict);
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
