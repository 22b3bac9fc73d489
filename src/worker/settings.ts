import { createActionRegistry } from '../../runtime/index.js';
import type { ActionRegistry, Clock, LanguageModel, Logger, Random, SecretStore } from '../../runtime/ports.js';
import { DEFAULT_BODY_BYTES } from './body.js';
import { workerClock, workerRandom } from './clock.js';
import { consoleLogger } from './logger.js';
import type { WorkerOptions } from './options.js';

/** The options with everything filled in. */
export interface Settings {
  readonly actions: ActionRegistry;
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
    actions: createActionRegistry(options.actions ?? []),
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
