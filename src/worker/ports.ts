import { ActionError } from '../../runtime/index.js';
import type {
  BreakerStore,
  ChildWorkflows,
  EventOutlet,
  ExecutionSummary,
  RuntimePorts,
  SecretStore,
} from '../../runtime/ports.js';
import { directoryStub } from './addresses.js';
import type { PublishedEvent } from './directory/events.js';
import type { WorkerEnv } from './options.js';
import type { Origin } from './origin.js';
import type { Settings } from './settings.js';
import type { SqliteStore } from './sqlite-store.js';

/** Events that may follow from one another: workflows that start each other by events must not go on for ever. */
const MAX_EVENT_DEPTH = 32;

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
  const { actions, functions, model, secrets, clock, random, logger } = settings;
  return {
    ...{ store, clock, random, actions, functions, logger, workflows },
    breakers: breakersOf(around.env, origin),
    events: eventsOf(around.env, origin),
    // Not the function itself, which the platform lets nobody call as a method of something else.
    fetch: (...request: Parameters<typeof fetch>) => fetch(...request),
    sink: { publish: (_, __, summary) => around.published(summary) },
    ...(model ? { model } : {}),
    ...(secrets ? { secrets: secretsOf(secrets, origin) } : {}),
  };
}

/** Secrets are those of the organisation that the object belongs to, whatever the journal of an import says. */
function secretsOf(secrets: SecretStore, origin: Origin): SecretStore {
  return { resolve: (reference) => secrets.resolve(reference, { organization: origin.organization }) };
}

/** Shared by the executions of the organisation, and nobody else. */
function breakersOf(env: WorkerEnv, origin: Origin): BreakerStore {
  const directory = (): ReturnType<typeof directoryStub> => directoryStub(env, origin.organization);
  return {
    async read(key) {
      const found = await directory().breaker(key);
      return found && { state: JSON.parse(found.state), version: found.version };
    },
    write: (key, state, version) => directory().writeBreaker(key, JSON.stringify(state), version),
  };
}

/** Events go to whom they concern in the organisation. Taken once however often the step is repeated. */
function eventsOf(env: WorkerEnv, origin: Origin): EventOutlet {
  return {
    async emit({ id, name, data }) {
      const before = origin.trigger?.eventDepth;
      const depth = (typeof before === 'number' ? before : 0) + 1;
      if (depth > MAX_EVENT_DEPTH) {
        const message = `This event would be number ${depth} of a chain in which each led to the next; at most ${MAX_EVENT_DEPTH} may`;
        throw new ActionError(message, { code: 'EVENT_DEPTH_LIMIT', retryable: false });
      }
      const event: PublishedEvent = { id: `emitted:${id}`, name, data, depth };
      await directoryStub(env, origin.organization).publish(origin.organization, JSON.stringify(event));
    },
  };
}
