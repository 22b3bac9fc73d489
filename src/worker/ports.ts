import type { ChildWorkflows, ExecutionSummary, RuntimePorts, SecretStore } from '../../runtime/ports.js';
import type { WorkerEnv } from './options.js';
import type { Origin } from './origin.js';
import type { Settings } from './settings.js';
import type { SqliteStore } from './sqlite-store.js';

/** What an execution's driver is given: the Worker's settings, and its own object. */
export function executionPorts(around: {
  readonly env: WorkerEnv;
  readonly settings: Settings;
  readonly store: SqliteStore;
  readonly origin: Origin;
  readonly workflows: ChildWorkflows;
  published(summary: ExecutionSummary): void;
}): RuntimePorts {
  const { settings, store, origin, workflows } = around;
  const { actions, model, secrets, clock, random, logger } = settings;
  return {
    ...{ store, clock, random, actions, logger, workflows },
    sink: { publish: (_, __, summary) => around.published(summary) },
    ...(model ? { model } : {}),
    ...(secrets ? { secrets: secretsOf(secrets, origin) } : {}),
  };
}

/** Secrets are those of the organisation that the object belongs to, whatever the journal of an import says. */
function secretsOf(secrets: SecretStore, origin: Origin): SecretStore {
  return { resolve: (reference) => secrets.resolve(reference, { organization: origin.organization }) };
}
