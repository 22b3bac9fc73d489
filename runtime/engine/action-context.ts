import { toText } from '../expression/values.js';
import { type Json, toObject } from '../json.js';
import type { ActionContext, CancellationSignal, LogLevel, RuntimePorts } from '../ports.js';
import { type Attempt, kept, missing, type Recorded, type ToolCallPlace } from './attempt.js';
import type { SecretValues } from './secret-values.js';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Whoever performs the attempts of an execution. */
export interface Performer {
  readonly executionId: string;
  readonly ports: RuntimePorts;
  readonly getConfig: ActionContext['getConfig'];
  isCurrent(attempt: Attempt): boolean;
  /** @throws CancelledError where the attempt is over */
  record(attempt: Attempt, event: Recorded, size: number): Promise<void>;
  secretsOf(attempt: Attempt): Promise<SecretValues>;
}

/**
 * What an attempt is performed with. Its members are its own, made for each attempt: whoever wraps an action may take
 * them apart and put them together again.
 */
export function actionContext(
  performer: Performer,
  attempt: Attempt,
  signal: CancellationSignal = attempt.controller.signal,
  call?: ToolCallPlace,
): ActionContext {
  const { activation, state, command } = attempt;
  let emitted = 0;
  const context: ActionContext = {
    executionId: performer.executionId,
    activationId: activation.id,
    step: activation.slug,
    attempt: command.attempt,
    idempotencyKey: `${performer.executionId}/${activation.id}${call === undefined ? '' : `/${call.number}`}`,
    signal,
    organization: state.organizationId ?? undefined,
    now: activation.startedAt,
    log: (level: LogLevel, message: string, data?: Json) => {
      if (!performer.isCurrent(attempt)) return;
      const text = toText(message);
      const { json, size } = kept(attempt, data === undefined ? { message: text } : { message: text, data });
      const known = LEVELS.includes(level) ? level : 'info';
      attempt.logs.push({ type: 'log', activation: attempt.id, level: known, message: text, ...toObject(json) });
      attempt.logSize += size;
    },
    checkpoint: async (name: string, data?: Json) => {
      const { json, size } = kept(attempt, data);
      await performer.record(
        attempt,
        { type: 'checkpoint', activation: attempt.id, name: toText(kept(attempt, toText(name)).json), data: json },
        size,
      );
    },
    getConfig: performer.getConfig,
    getSecret: async (name) => (await performer.secretsOf(attempt)).read(name),
    fetch: async (url, init) => {
      if (performer.ports.fetch === undefined) {
        throw missing('FETCH_NOT_FOUND', 'gives no access to the network', context.step);
      }
      return performer.ports.fetch(url, { signal: context.signal, ...init });
    },
    emit: async (name, data) => {
      const { events } = performer.ports;
      if (events === undefined) throw missing('EVENTS_NOT_FOUND', 'takes no events', context.step);
      const { idempotencyKey, organization, executionId } = context;
      emitted += 1;
      // Each its own: under the id of the first, the others would be taken for its repeats.
      const id = emitted === 1 ? idempotencyKey : `${idempotencyKey}/${emitted}`;
      await events.emit({ name, data, id, organization, executionId });
    },
  };
  if (call !== undefined) return { ...context, toolCall: call.id };
  return activation.compensates === null ? context : { ...context, compensates: activation.compensates };
}
