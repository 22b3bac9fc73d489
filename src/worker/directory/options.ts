import { DataProviders } from '../../../runtime/actions.js';
import { ActionError, NewtflowError } from '../../../runtime/index.js';
import type { ActionContext, JsonObject } from '../../../runtime/ports.js';
import type { OptionsAnswer } from '../directory-api.js';
import type { Settings } from '../settings.js';

/** Milliseconds that a data provider may take. */
const PATIENCE = 20_000;

/** The options of form fields, kept as long as each provider grants: in memory, as they can be asked for again. */
export class Options {
  readonly #providers: DataProviders;
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#providers = new DataProviders(settings.actions, settings.clock);
  }

  async of(organization: string, name: string, inputs: JsonObject): Promise<OptionsAnswer> {
    try {
      const found = await this.#providers.options(name, inputs, this.#context(organization, name));
      return { items: JSON.stringify(found) };
    } catch (error) {
      if (error instanceof NewtflowError) return { code: error.code, message: error.message };
      this.#settings.logger.log('error', 'A data provider failed.', { name, error: String(error) });
      return { code: 'OPTIONS_FAILED', message: `Data provider '${name}' failed.` };
    }
  }

  /** There is no execution: what belongs to one is not to be had. */
  #context(organization: string, name: string): ActionContext {
    const { clock, secrets } = this.#settings;
    const signal = AbortSignal.timeout(PATIENCE);
    const none = (what: string): never => {
      throw new ActionError(`A data provider has no ${what}.`, { code: 'NO_EXECUTION', retryable: false });
    };
    return {
      ...{ executionId: '', activationId: 0, step: name, attempt: 1, idempotencyKey: '', signal, organization },
      now: clock.now(),
      log: () => undefined,
      checkpoint: async () => none('checkpoints'),
      getConfig: () => undefined,
      getSecret: async (secret) => {
        const value = await secrets?.resolve({ kind: 'reference', name: secret }, { organization });
        if (value !== undefined) return value;
        throw new ActionError(`There is no secret '${secret}'.`, { code: 'SECRET_NOT_FOUND', retryable: false });
      },
      fetch: (url, { signal: _, ...init } = {}) => fetch(url, { ...init, signal }),
      emit: async () => none('events'),
    };
  }
}
