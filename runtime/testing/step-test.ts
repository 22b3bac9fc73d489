import { compile } from '../definition/compile.js';
import type { JournalEvent } from '../engine/journal.js';
import { type ErrorRecord, NotFoundError } from '../errors.js';
import { readOwn } from '../expression/values.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import type { StubCall } from '../memory/stubs.js';
import { type TestSetting, testWorkflow, type WorkflowTest } from './workflow-test.js';

export interface StepSetting extends TestSetting {
  /** What other steps gave, by slug. */
  readonly steps?: Readonly<Record<string, Json>>;
  readonly variables?: JsonObject;
  /** The iteration that the step stands in. */
  readonly loop?: { readonly items: readonly Json[]; readonly index: number };
  /** A signal to send, or a decision to take, when the step waits. */
  readonly signal?: { readonly name: string; readonly data?: Json };
  readonly decision?: Parameters<Awaited<ReturnType<typeof testWorkflow>>['decide']>[1];
}

export interface StepOutcome {
  /** The port by which the step was left; undefined where it ended the execution, or still waits. */
  readonly port: string | undefined;
  readonly output: Json;
  readonly error: ErrorRecord | null;
  readonly attempts: number;
  /** What the step's effect was given, as the journal keeps it: secrets masked. */
  readonly parameters: Json | undefined;
  readonly calls: readonly StubCall[];
  readonly history: readonly JournalEvent[];
}

/** Stands for steps whose results are given. */
const GIVEN = 'test_given';

/**
 * Performs one step of a workflow by itself, in the place and with the results that are given: what it renders, which
 * port it takes and what it gives. The body of a loop or of a `parallel` is not walked.
 * @throws NotFoundError `STEP_NOT_FOUND`
 * @throws ValidationError when the document is not valid
 */
export async function testStep(document: unknown, slug: string, setting: StepSetting = {}): Promise<StepOutcome> {
  const plan = compile(document);
  if (!plan.steps.has(slug))
    throw new NotFoundError(`There is no step '${slug}'`, { code: 'STEP_NOT_FOUND', step: slug });
  const { steps = {}, variables, loop, signal, decision, ...rest } = setting;
  const owner = plan.steps.get(slug)?.enclosing.findLast((one) => plan.steps.get(one)?.type === 'loop');
  const alone = aloneIn(plan.definition, slug, { steps, variables, loop, owner });
  const given = Object.fromEntries(Object.entries(steps).map(([name, output]) => [name, { output }]));
  const stubs: Json = { ...(isJsonObject(rest.stubs) ? rest.stubs : {}), ...given };
  const run = await testWorkflow(alone, { ...rest, stubs });
  if (signal !== undefined) await run.signal(signal.name, signal.data);
  if (decision !== undefined) await run.decide(slug, decision);
  // Waits, retries and timeouts of the step pass at once.
  for (let due = dueOf(run, slug); due !== undefined; due = dueOf(run, slug)) await run.advanceTo(due);
  const own = run.history.filter((event) => 'step' in event && event.step === slug);
  const started = own.findLast((event) => event.type === 'step_started');
  const ended = own.findLast((event) => event.type === 'step_succeeded' || event.type === 'step_failed');
  const result = run.steps[slug];
  return {
    port: ended?.type === 'step_succeeded' ? ended.port : ended === undefined ? undefined : 'error',
    output: result?.output ?? null,
    error: result?.error ?? null,
    attempts: result?.attempts ?? 0,
    parameters: started?.type === 'step_started' ? started.parameters : undefined,
    calls: run.calls.filter((call) => call.step === slug),
    history: run.history,
  };
}

function dueOf(run: WorkflowTest, slug: string): number | undefined {
  return run.waitingFor.find(({ step, dueAt }) => step === slug && dueAt !== undefined)?.dueAt;
}

interface Surroundings {
  readonly steps: Readonly<Record<string, Json>>;
  readonly variables: JsonObject | undefined;
  readonly loop: StepSetting['loop'];
  /** The loop that the step stands in. */
  readonly owner: string | undefined;
}

/** The same document, in which only the step is walked: after steps that give what is given, inside the loop asked for. */
function aloneIn(definition: JsonObject, slug: string, { steps, variables, loop, owner }: Surroundings): JsonObject {
  const all = listOf(definition.steps);
  const given = Object.keys(steps).filter((name) => name !== slug);
  const own = all.find((step) => step.stepSlug === slug) ?? {};
  const enclosing = all.find((step) => step.stepSlug === owner);
  const around = loop === undefined ? undefined : loopAround(enclosing, slug, loop);
  const first = [...given, around === undefined ? slug : String(around.stepSlug)];
  const start = { stepSlug: 'test_start', stepType: 'trigger', nextSteps: { success: first[0] ?? slug } };
  const answers = given.map((name, index) => ({
    stepSlug: name,
    stepType: 'action',
    config: { type: GIVEN },
    nextSteps: { success: first[index + 1] ?? slug },
  }));
  const back = around === undefined ? {} : { default: String(around.stepSlug) };
  const tested = { ...own, nextSteps: isDecided(own) ? back : {} };
  const names = new Set([...given, slug, ...(around === undefined ? [] : [String(around.stepSlug)])]);
  // The others stay, so that expressions may name them; nothing leads to them.
  const others = all
    .filter((step) => !names.has(String(step.stepSlug)) && step.stepType !== 'trigger')
    .map((step) => ({ stepSlug: step.stepSlug ?? null, stepType: 'output', config: { mapping: null } }));
  const { onError: _onError, output: _output, ...config } = isJsonObject(definition.config) ? definition.config : {};
  const before = isJsonObject(config.variables) ? config.variables : {};
  return {
    ...definition,
    config: { ...config, variables: { ...before, ...variables } },
    steps: [start, ...answers, ...(around === undefined ? [] : [around]), tested, ...others],
  };
}

/** What ends the execution has no ports. */
function isDecided({ stepType }: JsonObject): boolean {
  return stepType !== 'output' && stepType !== 'fail';
}

function loopAround(
  owner: JsonObject | undefined,
  slug: string,
  { items, index }: NonNullable<StepSetting['loop']>,
): JsonObject {
  const config = isJsonObject(owner?.config) ? owner.config : {};
  const itemVariable = readOwn(config, 'itemVariable');
  return {
    stepSlug: typeof owner?.stepSlug === 'string' ? owner.stepSlug : 'test_loop',
    stepType: 'loop',
    config: { items: items.slice(0, index + 1), ...(typeof itemVariable === 'string' ? { itemVariable } : {}) },
    nextSteps: { next: slug },
  };
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
