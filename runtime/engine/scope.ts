import type { Plan } from '../definition/plan.js';
import type { ErrorRecord } from '../errors.js';
import { LazyRecord } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import { getResult } from './results.js';
import type { Activation, ExecutionState, Frame, StepResult } from './state.js';

/** The part of a state that names are read from; a state, and the working copy of a transition, both fit. */
export type Readable = Pick<
  ExecutionState,
  'executionId' | 'organizationId' | 'threadId' | 'input' | 'variables' | 'activations' | 'frames'
>;

/** What an expression is evaluated for. */
export interface Viewpoint {
  readonly frame: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly cause: ErrorRecord | null;
  /** Values to show for `secrets`; masks where absent. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The data of a signal, seen as `event`. */
  readonly event?: Json;
}

const RESERVED = [
  'input',
  'steps',
  'loop',
  'variables',
  'config',
  'secrets',
  'organizationId',
  'wfDefinitionId',
  'rootWfDefinitionId',
  'executionId',
  'threadId',
  'lastOutput',
  'error',
  'now',
  '$now',
  'nowMs',
] as const;

/** What stands for a secret wherever its value must not. */
export const secretMask = (name: string): string => `[secret:${name}]`;

function own(object: unknown, key: string): unknown {
  return typeof object === 'object' && object !== null && Object.hasOwn(object, key)
    ? Object.getOwnPropertyDescriptor(object, key)?.value
    : undefined;
}

/** A view whose keys are made when they are asked for, so that a scope costs nothing until it is read. */
abstract class View extends LazyRecord {
  /** Looks at one member only: a chain of steps must not pay for its length at each of them. */
  override has(key: string): boolean {
    return this.get(key) !== undefined;
  }
  override toJSON(): unknown {
    return Object.fromEntries(this.keys().map((key) => [key, this.get(key)]));
  }
}

/** Every name of the language's §3, as seen from one place of one execution. */
export class ExecutionScope extends View {
  readonly #plan: Plan;
  readonly #state: Readable;
  readonly #view: Viewpoint;

  constructor(plan: Plan, state: Readable, view: Viewpoint) {
    super();
    this.#plan = plan;
    this.#state = state;
    this.#view = view;
  }

  override get(name: string): unknown {
    const state = this.#state;
    switch (name) {
      case 'input':
        return state.input;
      case 'steps':
        return new StepsView(this.#plan, state, this.#view.frame);
      case 'loop':
        return loopView(this.#plan, state, state.frames[this.#view.frame]);
      case 'variables':
        return state.variables;
      case 'config':
        return publicConfig(this.#plan);
      case 'secrets':
        return new SecretsView(this.#plan, this.#view.secrets);
      case 'organizationId':
        return state.organizationId ?? undefined;
      case 'wfDefinitionId':
      case 'rootWfDefinitionId':
        return this.#plan.slug;
      case 'executionId':
        return state.executionId;
      case 'threadId':
        return state.threadId ?? undefined;
      case 'lastOutput':
        return lastOutput(state, this.#view.frame);
      case 'error':
        return this.#view.cause ?? undefined;
      case 'now':
      case '$now':
        return new Date(this.#view.now).toISOString();
      case 'nowMs':
        return this.#view.now;
      case 'event':
        return this.#view.event;
      default:
        return this.#bare(name);
    }
  }

  override has(name: string): boolean {
    return RESERVED.some((reserved) => reserved === name) || this.get(name) !== undefined;
  }

  override keys(): string[] {
    return [...RESERVED];
  }

  /** A loop's own name for its item, then a variable, then `config.variables`, then a field of the input. */
  #bare(name: string): unknown {
    const state = this.#state;
    for (let frame = state.frames[this.#view.frame]; frame !== undefined && frame.parent !== null; ) {
      const activation = state.activations[frame.owner];
      const step = activation && this.#plan.steps.get(activation.slug);
      if (activation !== undefined && step?.type === 'loop' && step.itemVariable === name)
        return itemOf(activation, frame);
      frame = state.frames[frame.parent];
    }
    if (Object.hasOwn(state.variables, name)) return own(state.variables, name);
    const config = this.#plan.config.variables;
    if (Object.hasOwn(config, name)) return own(config, name);
    return own(state.input, name);
  }
}

class StepsView extends View {
  readonly #plan: Plan;
  readonly #state: Readable;
  readonly #frame: number;

  constructor(plan: Plan, state: Readable, frame: number) {
    super();
    this.#plan = plan;
    this.#state = state;
    this.#frame = frame;
  }

  override get(slug: string): StepResult | undefined {
    const step = this.#plan.steps.get(slug);
    if (step === undefined) return undefined;
    for (let frame = this.#state.frames[this.#frame]; frame !== undefined; ) {
      const result = getResult(frame.results, step.index);
      if (result !== null) return result;
      if (frame.parent === null) return undefined;
      frame = this.#state.frames[frame.parent];
    }
    return undefined;
  }

  override keys(): string[] {
    return this.#plan.order.map((step) => step.slug).filter((slug) => this.get(slug) !== undefined);
  }
}

class SecretsView extends View {
  readonly #plan: Plan;
  readonly #values: Readonly<Record<string, string>> | undefined;

  constructor(plan: Plan, values: Readonly<Record<string, string>> | undefined) {
    super();
    this.#plan = plan;
    this.#values = values;
  }

  override get(name: string): string | undefined {
    if (!Object.hasOwn(this.#plan.config.secrets, name)) return undefined;
    return this.#values === undefined ? secretMask(name) : this.#values[name];
  }

  override keys(): string[] {
    return Object.keys(this.#plan.config.secrets);
  }
}

/** `loop` as the innermost iteration sees it; `parent` is that of the loop around it. */
class LoopView extends View {
  readonly #frame: Frame;
  readonly #activation: Activation;
  readonly #parent: () => LoopView | undefined;

  constructor(frame: Frame, activation: Activation, parent: () => LoopView | undefined) {
    super();
    this.#frame = frame;
    this.#activation = activation;
    this.#parent = parent;
  }

  override get(key: string): unknown {
    const items = this.#activation.loop?.items ?? undefined;
    switch (key) {
      case 'item':
        return itemOf(this.#activation, this.#frame);
      case 'index':
        return this.#frame.index;
      case 'items':
        return items;
      case 'isLast':
        return items === undefined ? undefined : this.#frame.index === items.length - 1;
      case 'parent':
        return this.#parent();
      default:
        return undefined;
    }
  }

  override keys(): string[] {
    return ['item', 'index', 'items', 'isLast', 'parent'].filter((key) => this.get(key) !== undefined);
  }
}

function loopView(plan: Plan, state: Readable, frame: Frame | undefined): LoopView | undefined {
  if (frame === undefined || frame.parent === null) return undefined;
  const activation = state.activations[frame.owner];
  const parent = state.frames[frame.parent];
  return activation && new LoopView(frame, activation, () => loopView(plan, state, parent));
}

function itemOf(activation: Activation, frame: Frame): Json | undefined {
  return activation.loop?.items?.[frame.index];
}

function lastOutput(state: Readable, id: number): Json {
  for (let frame = state.frames[id]; frame !== undefined; ) {
    if (frame.lastOutput !== null || frame.parent === null) return frame.lastOutput;
    frame = state.frames[frame.parent];
  }
  return null;
}

/** The definition's `config` as authors see it: without the references to secrets, which are read by `secrets`. */
function publicConfig(plan: Plan): JsonObject {
  const config = own(plan.definition, 'config');
  if (typeof config !== 'object' || config === null) return {};
  return Object.fromEntries(Object.entries(config).filter(([key]) => key !== 'secrets'));
}
