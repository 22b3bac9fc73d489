/**
 * Tests of a workflow as data: `*.workflow-test.json`. One source for the types, the check and the JSON Schema of these
 * files, as `definition/schema.ts` is for workflows.
 */
import { parseDuration } from '../definition/duration.js';
import { child, IssueList } from '../definition/issues.js';
import {
  anyJson,
  anyObject,
  choice,
  list,
  must,
  number,
  object,
  record,
  type Static,
  text,
} from '../definition/schema-builder.js';
import { conforms } from '../definition/structure.js';
import { type Issue, NewtflowError, ValidationError } from '../errors.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import { createStubs } from '../memory/stubs.js';
import type { ActionRegistry, RuntimePorts } from '../ports.js';
import { taken } from './coverage.js';
import { type Difference, differences } from './differences.js';
import { ExpectationError, outcomeJson } from './expectations.js';
import { testWorkflow, type WorkflowTest } from './workflow-test.js';

const decision = object('A decision of an approval.', {
  step: must(text('The step that asks.')),
  decision: must(choice('What is decided.', ['approved', 'rejected'])),
  fields: anyObject('What is filled in.'),
  by: text('Who decides.'),
  comment: text('What they say.'),
});

const signal = object('Something that comes from outside: an event, a decision, or what is done to the whole run.', {
  at: anyJson(
    'When, counted from the start: milliseconds, or a duration such as "2h". When absent, right after the one before.',
    {
      type: ['number', 'string'],
    },
  ),
  name: text('The name of the event.'),
  data: anyJson('The data of the event.'),
  decide: decision,
  do: choice('What is done to the run as a whole.', ['pause', 'resume', 'cancel']),
  reason: text('Why, for `pause` and `cancel`.'),
});

const expectation = object('What must come of it. Objects are expected in part, lists as a whole.', {
  status: choice('How it ends.', ['completed', 'failed', 'cancelled', 'waiting', 'paused']),
  output: anyJson('The output.'),
  error: anyObject('The error, in part.'),
  variables: anyObject('The variables, in part.'),
  steps: record('The last result of steps, in part, by slug.', anyObject('`output`, `error`, `attempts`.')),
  path: list('Every step visited, in order.', text('A slug.')),
  calls: record(
    'How often an action, a step or `llm` was asked, and with what.',
    anyJson('A count, or `{times, with}`.'),
  ),
  events: list('Events that the history holds in this order, each in part.', anyObject('An event.')),
});

const testCase = object('One run of the workflow.', {
  name: must(text('What it shows.', { minLength: 1 })),
  input: anyJson('The input.'),
  stubs: anyObject('What actions and models answer; laid over the stubs of the file.'),
  now: anyJson('When it begins: ISO 8601, or milliseconds since the epoch.', { type: ['number', 'string'] }),
  seed: number('Root of every random value.', { type: 'integer' }),
  secrets: record('Secrets by name.', text('A value.')),
  organization: text('The organisation that it runs for.'),
  threadId: text('Lets model steps share a conversation.'),
  signals: list('What comes from outside, in order.', signal),
  cancelAt: anyJson('Cancels the run then, counted from the start.', { type: ['number', 'string'] }),
  expect: must(expectation),
});

export const testFileShape = object('Tests of one workflow.', {
  $schema: text('The address of this schema.'),
  workflow: text('The file of the workflow, as seen from this one.', { minLength: 1 }),
  definition: anyObject('The workflow itself, in place of a file.'),
  workflows: record(
    'Workflows that it may start, by slug: files, or definitions.',
    anyJson('A path, or a definition.'),
  ),
  stubs: anyObject('What actions and models answer in every case.'),
  cases: must(list('The cases.', testCase)),
});

export type TestFile = Static<typeof testFileShape>;
export type TestCase = Static<typeof testCase>;

/** Everything that is wrong with the structure of a file of tests. */
export function checkTestFile(document: unknown): { readonly file?: TestFile; readonly issues: readonly Issue[] } {
  const issues = new IssueList();
  if (!conforms(testFileShape, document, '', { issues })) return { issues: issues.all };
  if ((document.workflow === undefined) === (document.definition === undefined)) {
    issues.error('MISSING_FIELD', '', 'Either `workflow` or `definition` must be there.', { field: 'workflow' });
  }
  checkStubs(document.stubs, '/stubs', issues);
  for (const [index, test] of document.cases.entries()) checkCase(test, `/cases/${index}`, issues);
  return issues.failed ? { issues: issues.all } : { file: document, issues: issues.all };
}

function checkCase(test: TestCase, pointer: string, issues: IssueList): void {
  const { signals = [], cancelAt, now, stubs, expect } = test;
  checkStubs(stubs, `${pointer}/stubs`, issues);
  if (typeof now === 'string' && Number.isNaN(Date.parse(now))) {
    issues.error('BAD_TIME', `${pointer}/now`, `${JSON.stringify(now)} is no time.`, { hint: 'Use ISO 8601.' });
  }
  let last = 0;
  signals.forEach(({ at, name, decide, do: control }, index) => {
    const place = `${pointer}/signals/${index}`;
    if ([name, decide, control].filter((one) => one !== undefined).length !== 1) {
      issues.error('MISSING_FIELD', place, 'One of `name`, `decide` and `do` must be there.', { field: 'name' });
    }
    const time = timeOf(at, `${place}/at`, issues);
    if (time === undefined) return;
    if (time < last)
      issues.error('BAD_VALUE', `${place}/at`, 'What comes from outside stands in the order of its times.');
    last = time;
  });
  timeOf(cancelAt, `${pointer}/cancelAt`, issues);
  for (const [what, wanted] of Object.entries(expect.calls ?? {})) {
    const known = isJsonObject(wanted)
      ? Object.keys(wanted).every((key) => ['times', 'with'].includes(key))
      : typeof wanted === 'number';
    if (!known)
      issues.error('BAD_VALUE', child(`${pointer}/expect/calls`, what), 'Expect a count, or `{times, with}`.');
  }
}

/** Milliseconds after the start; undefined where nothing is said, or where that is no duration, which is reported. */
function timeOf(at: Json | undefined, pointer: string, issues: IssueList): number | undefined {
  if (at === undefined) return undefined;
  const time = parseDuration(at);
  if (time === undefined) issues.error('BAD_DURATION', pointer, `${JSON.stringify(at)} is no duration.`);
  return time;
}

function checkStubs(stubs: JsonObject | undefined, pointer: string, issues: IssueList): void {
  try {
    createStubs(stubs ?? {});
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    for (const { code, path, message, hint } of error.issues) issues.error(code, pointer + path, message, { hint });
  }
}

/** JSON Schema (2020-12) of these files. */
export const testFileSchema = (): JsonObject => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://newtflow.dev/workflow-test.schema.json',
  title: 'Newtflow workflow tests',
  ...JSON.parse(JSON.stringify(testFileShape.node)),
});

export interface CaseOutcome {
  readonly name: string;
  readonly ok: boolean;
  /** What differed, pointers into `expect`. */
  readonly differences: readonly Difference[];
  /** Why the run could not be made, or did not come to its end. */
  readonly problem?: string;
  /** Ports taken, as `step/port`. */
  readonly taken: readonly string[];
  readonly visited: readonly string[];
  /** What the run came to, for whoever wants to expect that. */
  readonly actual?: JsonObject;
}

/** Runs one case under time that is jumped over. */
export async function runTestCase(
  definition: Json,
  test: TestCase,
  file: {
    readonly stubs?: JsonObject | undefined;
    readonly workflows: Readonly<Record<string, Json>>;
    /** What answers where no stub does. */
    readonly actions?: ActionRegistry;
    readonly functions?: RuntimePorts['functions'];
  },
): Promise<CaseOutcome> {
  const { name, input, stubs, now, seed, secrets, organization, threadId } = test;
  try {
    const run = await testWorkflow(definition, {
      ...{ stubs: { ...file.stubs, ...stubs }, workflows: file.workflows },
      functions: file.functions,
      ...(file.actions === undefined ? {} : { actions: file.actions }),
      ...(input === undefined ? {} : { input }),
      ...(typeof now === 'string' || typeof now === 'number' ? { now } : {}),
      ...(seed === undefined ? {} : { seed }),
      ...(secrets === undefined ? {} : { secrets }),
      ...(organization === undefined ? {} : { organization }),
      ...(threadId === undefined ? {} : { threadId }),
    });
    await play(run, test);
    const actual = outcomeJson(run);
    const all = [...held(test.expect, actual), ...calls(run, test.expect.calls), ...events(run, test.expect.events)];
    return {
      name,
      ok: all.length === 0,
      differences: all,
      actual,
      taken: taken(run.history),
      visited: [...new Set(run.path)],
    };
  } catch (error) {
    if (!(error instanceof NewtflowError || error instanceof TypeError)) throw error;
    return { name, ok: false, differences: [], problem: problemOf(error), taken: [], visited: [] };
  }
}

/** What is wrong, and below it everything that is, such as with the input. */
function problemOf(error: Error): string {
  const issues = error instanceof ValidationError ? error.issues : [];
  return [error.message, ...issues.map(({ path, message }) => `  ${path} ${message}`.trimEnd())].join('\n');
}

/** What comes from outside, at its times; a cancellation comes in between. */
async function play(run: WorkflowTest, { signals = [], cancelAt, expect }: TestCase): Promise<void> {
  const start = run.now;
  const end = cancelAt === undefined ? undefined : start + (parseDuration(cancelAt) ?? 0);
  for (const { at, name = '', data, decide, do: control, reason } of signals) {
    const time = at === undefined ? run.now : start + (parseDuration(at) ?? 0);
    if (end !== undefined && time > end) break;
    await run.advanceTo(time);
    if (decide !== undefined) {
      const { step, ...decision } = decide;
      await run.decide(step, decision);
    } else if (control === undefined) {
      await run.signal(name, data);
    } else {
      await run.control(control, reason);
    }
  }
  if (end !== undefined) {
    await run.advanceTo(end);
    await run.cancel();
  }
  if (expect.status !== 'waiting' && expect.status !== 'paused') await run.finish();
}

function held(
  { calls: _calls, events: _events, ...expected }: TestCase['expect'],
  actual: JsonObject,
): readonly Difference[] {
  const json: Json = JSON.parse(JSON.stringify({ status: 'completed', ...expected }));
  return differences(json, actual);
}

function calls(run: WorkflowTest, expected: TestCase['expect']['calls'] = {}): readonly Difference[] {
  return Object.entries(expected).flatMap(([what, wanted]) => {
    const { times, with: given }: { times?: unknown; with?: Json } =
      typeof wanted === 'number' ? { times: wanted } : Object(wanted);
    const options = {
      ...(typeof times === 'number' ? { times } : {}),
      ...(given === undefined ? {} : { with: given }),
    };
    return differing(`/calls/${what}`, () => run.expectCalled(what, options), wanted);
  });
}

function events(run: WorkflowTest, expected: readonly JsonObject[] = []): readonly Difference[] {
  return differing('/events', () => run.expectEvents(expected), null);
}

function differing(path: string, check: () => unknown, wanted: Json): readonly Difference[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof ExpectationError)) throw error;
    if (error.differences.length === 0) return [{ path, expected: wanted, actual: undefined }];
    return error.differences.map((one) => ({ ...one, path: `${path}${one.path}` }));
  }
}
