import { TimeoutError } from '../errors.js';
import type { Json, JsonObject } from '../json.js';
import { misfit } from '../misfit.js';
import type { Action, Awaitable, CancellationSignal, Clock } from '../ports.js';
import { toJson } from '../to-json.js';
import { type CallSetting, toCheck } from './call-setting.js';
import { guarded } from './circuit-breaker.js';

/**
 * Performs an action as it is registered: what it is given and gives held to its schemas, within its time, behind its
 * breaker. Whoever needs none of this calls `run` itself.
 */
export async function callAction(action: Action, parameters: JsonObject, setting: CallSetting): Promise<unknown> {
  const { breaker, type } = action;
  const { breakers, signal } = setting;
  await check('input', action, parameters, setting);
  const limit = action.timeoutOf?.(parameters) ?? setting.limit;
  const run = (): Awaitable<unknown> => timed(action, parameters, { ...setting, limit });
  const output =
    breaker === undefined || breakers === undefined
      ? await run()
      : await guarded(run, { ...setting, policy: breaker, type, breakers, id: setting.contextFor(signal) });
  if (toCheck(action, 'output') === undefined) return output;
  const { json } = toJson(output);
  await check('output', action, json, setting);
  return json;
}

async function check(what: 'input' | 'output', action: Action, value: Json, { language }: CallSetting): Promise<void> {
  const schema = toCheck(action, what);
  const problems = schema === undefined ? [] : await language.schemaProblems(schema, value);
  if (problems.length > 0) throw misfit(what, action.type, problems);
}

/** @throws TimeoutError when the action has not answered in its time; its signal is aborted then */
function timed(action: Action, parameters: JsonObject, setting: CallSetting): Awaitable<unknown> {
  const { limit, clock, signal: outer } = setting;
  if (limit === undefined) return begin(action, parameters, outer, setting);
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const giveUp = (reason: unknown): void => {
      controller.abort(reason);
      reject(reason);
    };
    const withdraw = whenDue(clock, clock.now() + limit, () =>
      giveUp(new TimeoutError(`Action '${action.type}' gave no answer within ${limit} ms`)),
    );
    const abort = (): void => giveUp(outer.reason);
    const end = (): void => {
      withdraw();
      outer.removeEventListener('abort', abort);
    };
    controller.signal.addEventListener('abort', end, { once: true });
    if (outer.aborted) abort();
    else outer.addEventListener('abort', abort, { once: true });
    started(action, parameters, controller.signal, setting).then(resolve, reject).finally(end);
  });
}

/** Calls back at or after a time, also where the clock calls too early; returns what withdraws the call. */
function whenDue(clock: Clock, at: number, callback: () => void): () => void {
  let withdraw = clock.schedule(at, look);
  function look(): void {
    if (clock.now() >= at) callback();
    else withdraw = clock.schedule(at, look);
  }
  return () => withdraw();
}

async function started(...call: Parameters<typeof begin>): Promise<unknown> {
  return begin(...call);
}

function begin(
  action: Action,
  parameters: JsonObject,
  signal: CancellationSignal,
  { contextFor, begun }: CallSetting,
): Awaitable<unknown> {
  const output = action.run(parameters, contextFor(signal));
  begun();
  return output;
}
