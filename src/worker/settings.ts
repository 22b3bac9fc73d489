import { builtinActions } from '../../runtime/actions.js';
import { createActionRegistry, type FunctionRegistry, registryOf } from '../../runtime/index.js';
import type { Action, ActionRegistry, Clock, LanguageModel, Logger, Random, SecretStore } from '../../runtime/ports.js';
import { DEFAULT_BODY_BYTES } from './body.js';
import { workerClock, workerRandom } from './clock.js';
import { consoleLogger } from './logger.js';
import type { WorkerOptions } from './options.js';

/** The options with everything filled in. */
export interface Settings {
  readonly actions: ActionRegistry;
  readonly functions: FunctionRegistry | undefined;
  readonly model: LanguageModel | undefined;
  readonly secrets: SecretStore | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly allowedOrigins: readonly string[];
  readonly maxBodyBytes: number;
  readonly leaseMs: number;
  readonly heartbeatMs: number;
}

export function settingsOf(options: WorkerOptions): Settings {
  return {
    actions: createActionRegistry(actionsOf(options)),
    functions: registryOf(options.functions),
    model: options.model,
    secrets: options.secrets,
    clock: options.clock ?? workerClock,
    random: options.random ?? workerRandom,
    logger: options.logger ?? consoleLogger,
    allowedOrigins: options.allowedOrigins ?? [],
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_BODY_BYTES,
    leaseMs: options.leaseMs ?? 30_000,
    heartbeatMs: options.heartbeatMs ?? 15_000,
  };
}

/** An action of the Worker's own takes the place of a built-in one of its type. */
function actionsOf({ actions = [], http }: WorkerOptions): readonly Action[] {
  const own = new Set(actions.map(({ type }) => type));
  const builtin = builtinActions(http === undefined ? {} : { http }).filter(({ type }) => !own.has(type));
  return [...builtin, ...actions];
}
