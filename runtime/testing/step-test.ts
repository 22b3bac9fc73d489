import { compile } from '../definition/compile.js';
import type { PlanStep } from '../definition/plan.js';
import type { JournalEvent } from '../engine/journal.js';
import type { ErrorRecord } from '../errors.js';
import { isJsonObject, type Json } from '../json.js';
import type { StubCall } from '../memory/stubs.js';
import type { TestSetting } from './setting.js';
import { type Surroundings, stepAlone } from './step-alone.js';
import { testWorkflow, type WorkflowTest } from './workflow-test.js';

/** Where a step stands, and what it is done with. */
export interface StepSetting extends TestSetting, Surroundings {
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

/**
 * Performs one step of a workflow by itself, in the place and with the results that are given: what it renders, which
 * port it takes and what it gives. Variables that are not given have no value; of a loop around the step of which nothing
 * is said, it is the only iteration, with null as its item. The body of a loop or of a `parallel` is not walked.
 * @throws NotFoundError `STEP_NOT_FOUND`
 * @throws ValidationError when the document, the stubs or the input are not valid
 */
export async function testStep(document: unknown, slug: string, setting: StepSetting = {}): Promise<StepOutcome> {
  const { stubs: own = {}, signal, decision, functions } = setting;
  const plan = compile(document, { functions });
  const alone = stepAlone(plan, slug, setting);
  const stubs = isJsonObject(own) ? { ...own, ...alone.stubs } : own;
  const run = await testWorkflow(alone.definition, { ...setting, stubs });
  if (signal !== undefined) await run.signal(signal.name, signal.data);
  if (decision !== undefined) await run.decide(slug, decision);
  // Waits, retries and timeouts of the step pass at once.
  for (let due = dueOf(run, slug); due !== null; due = dueOf(run, slug)) await run.advanceTo(due);
  const events = run.history.filter((event) => 'step' in event && event.step === slug);
  const started = events.findLast((event) => event.type === 'step_started');
  const ended = events.findLast((event) => event.type === 'step_succeeded' || event.type === 'step_failed');
  const result = run.steps[slug];
  return {
    port: portOf(plan.steps.get(slug)?.type, ended),
    output: result?.output ?? null,
    error: result?.error ?? null,
    attempts: result?.attempts ?? 0,
    parameters: started?.type === 'step_started' ? started.parameters : undefined,
    calls: run.calls.filter((call) => call.step === slug),
    history: run.history,
  };
}

/** What ends the execution is left by no port. */
function portOf(type: PlanStep['type'] | undefined, ended: JournalEvent | undefined): string | undefined {
  if (ended === undefined || type === 'output' || type === 'fail') return undefined;
  return ended.type === 'step_succeeded' ? ended.port : 'error';
}

/** When time brings a step on that waits; null where it waits for what does not come by time, or for nothing. */
function dueOf({ waitingFor, next }: WorkflowTest, slug: string): number | null {
  const waiting = waitingFor.find(({ step }) => step === slug);
  if (waiting === undefined) return null;
  // An answer may come before its attempt is given up.
  return waiting.for === 'effect' || waiting.for === 'workflow' ? next : (waiting.dueAt ?? null);
}
