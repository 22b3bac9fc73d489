import type { Plan } from '../definition/plan.js';
import { ActionError, type ErrorRecord } from '../errors.js';
import type { Json } from '../json.js';
import type { SecretStore } from '../ports.js';
import type { CompiledTemplate } from '../template/compile.js';
import { toJson } from '../to-json.js';
import { seededRandom } from './random.js';
import { ExecutionScope, type Viewpoint } from './scope.js';
import { Scrubber } from './scrub.js';
import { type Activation, type ExecutionState, findById } from './state.js';

/** The secrets of one attempt: reads those that are asked for, and remembers which have been. */
export class SecretValues {
  /** Values by name that were read, and must not come back in a result, an error or a log. */
  readonly seen = new Map<string, string>();
  readonly #plan: Plan;
  readonly #store: SecretStore | undefined;
  readonly #state: ExecutionState;
  readonly #activation: Activation;

  constructor(plan: Plan, store: SecretStore | undefined, state: ExecutionState, activation: Activation) {
    this.#plan = plan;
    this.#store = store;
    this.#state = state;
    this.#activation = activation;
  }

  /** A value with none of the secrets in it that were read. */
  mask(value: Json): Json {
    return this.seen.size === 0 ? value : new Scrubber(this.seen).json(value);
  }

  /** As {@link mask}, of an error. */
  maskError(error: ErrorRecord): ErrorRecord {
    return new Scrubber(this.seen).error(error);
  }

  /** What a template makes with the values of the secrets in it; `now` in milliseconds since the epoch. */
  async render(template: CompiledTemplate, now: number): Promise<Json> {
    const { id, frame, cause } = this.#activation;
    return this.#render(template, now, { frame, cause, revealed: await this.#reveal(template) }, [id, 0]);
  }

  /** @throws ActionError `SECRET_NOT_FOUND` */
  async read(name: string): Promise<string> {
    const { secrets } = this.#plan.config;
    const reference = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    const organization = this.#state.organizationId ?? undefined;
    const value = reference && (await this.#store?.resolve(reference, { organization }));
    if (value === undefined) {
      const why = reference === undefined ? 'config.secrets does not declare it' : 'this host has no value for it';
      throw new ActionError(`Secret '${name}' cannot be read: ${why}`, {
        code: 'SECRET_NOT_FOUND',
        retryable: false,
        step: this.#activation.slug,
      });
    }
    this.seen.set(name, value);
    return value;
  }

  /** @param turn the visit, and which of its evaluations: what is drawn at random is the same whenever it is made */
  #render(template: CompiledTemplate, now: number, view: Viewpoint, turn: readonly number[]): Json {
    const scope = new ExecutionScope(this.#plan, this.#state, view, now);
    return toJson(template.render(scope, { now, random: seededRandom(this.#state.seed, ...turn) })).json;
  }

  /**
   * The values that a template may read of what is kept secret, by name.
   * @param making variables that are being made of it: none is made of itself
   */
  async #reveal(template: CompiledTemplate, making: readonly string[] = []): Promise<Record<string, Json>> {
    const revealed: Record<string, Json> = {};
    for (const [name, secure] of Object.entries(this.#state.secureVariables)) {
      const step = this.#plan.steps.get(secure.slug);
      const source = step?.type === 'set_variables' ? step.assignments[secure.assignment]?.value : undefined;
      if (source === undefined || making.includes(name) || !readsVariable(template, name)) continue;
      const { id, cause, last, assignment, at } = secure;
      // Where it was set, as long as that is there: a loop around who asks for it is another one.
      const { frame } = findById(this.#state.frames, secure.frame) === undefined ? this.#activation : secure;
      const view = { frame, cause, last, revealed: await this.#reveal(source, [...making, name]) };
      const value = this.#render(source, at, view, [id, assignment]);
      this.#remember(name, value);
      revealed[name] = value;
    }
    return { ...(await this.#declared(template)), ...revealed };
  }

  /** Of an object or a list, every part: it is as secret as the whole. */
  #remember(name: string, value: Json): void {
    if (typeof value === 'string' || typeof value === 'number') this.seen.set(name, String(value));
    else if (typeof value === 'object' && value !== null) {
      for (const [key, part] of Object.entries(value)) this.#remember(`${name}.${key}`, part);
    }
  }

  /** The values of those declared secrets that a template reads. */
  async #declared(template: CompiledTemplate): Promise<Record<string, Json>> {
    const values: Record<string, Json> = {};
    for (const name of Object.keys(this.#plan.config.secrets)) {
      const shadowed = Object.hasOwn(this.#state.secureVariables, name);
      if (!shadowed && readsSecret(template, name)) values[name] = await this.read(name);
    }
    return values;
  }
}

/** Whether a template reads `secrets.<name>`, or `secrets` in a way that could be any of them. */
function readsSecret(template: CompiledTemplate, name: string): boolean {
  return template.paths.some(([root, key]) => root === 'secrets' && (key === undefined || key === name));
}

/** Whether a template reads a secure variable: bare, by `variables` or by `secrets`. */
function readsVariable(template: CompiledTemplate, name: string): boolean {
  return template.names.has(name) || template.names.has('variables') || readsSecret(template, name);
}
