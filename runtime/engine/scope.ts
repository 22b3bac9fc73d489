import type { Plan, PlanStep } from '../definition/plan.js';
import type { ErrorRecord } from '../errors.js';
import { LazyRecord, readOwn } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import { rootOf } from './parents.js';
import { getResult } from './results.js';
import { type Activation, type ExecutionState, type Frame, findById, type StepResult } from './state.js';

/** The part of a state that names are read from; a state, and the working copy of a transition, both fit. */
export type Readable = Pick<
  ExecutionState,
  | 'executionId'
  | 'trigger'
  | 'organizationId'
  | 'threadId'
  | 'input'
  | 'variables'
  | 'secureVariables'
  | 'activations'
  | 'frames'
>;

/** What an expression is evaluated for. */
export interface Viewpoint {
  readonly frame: number;
  readonly cause?: ErrorRecord | null;
  /** Values to show for `secrets` and for the variables set as secure; masks where absent. */
  readonly revealed?: Readonly<Record<string, Json>>;
  /** The data of a signal, seen as `event`. */
  readonly event?: Json;
  /** The last output, where it is not that of the frame. */
  readonly last?: Json;
}

/** What stands for a secret wherever its value must not. */
export const secretMask = (name: string): string => `[secret:${name}]`;

/** A view whose keys are made when they are asked for, so that a scope costs nothing until it is read. */
abstract class View extends LazyRecord {
  /** Looks at one member only: a chain of steps must not pay for its length at each of them. */
  override has(key: string): boolean {
    return this.get(key) !== undefined;
  }
  /** Nothing but members of its own comes from `get`: to ask whether there is one would make it twice. */
  override read(key: string): unknown {
    return this.get(key);
  }
}

/** Every name of the language's §3, as seen from one place of one execution. */
export class ExecutionScope extends View {
  /** Never used: see docs/decisions/0025. */
  static readonly kept: unknown = new ExecutionScope(Object({}), Object({}), { frame: 0 }, 0);
  readonly #plan: Plan;
  readonly #state: Readable;
  readonly #view: Viewpoint;
  readonly #now: number;

  /** @param now milliseconds since the epoch */
  constructor(plan: Plan, state: Readable, view: Viewpoint, now: number) {
    super();
    this.#plan = plan;
    this.#state = state;
    this.#view = view;
    this.#now = now;
  }

  override get(name: string): unknown {
    const state = this.#state;
    switch (name) {
      case 'input':
        return state.input;
      case 'steps':
        return new StepsView(this.#plan, state, this.#view.frame);
      case 'loop':
        return loopView(this.#plan, state, findById(state.frames, this.#view.frame));
      case 'variables':
        return this.#variables();
      case 'config':
        return publicConfig(this.#plan);
      case 'secrets':
        return new SecretsView(this.#plan, state, this.#view.revealed);
      case 'organizationId':
        return state.organizationId ?? this.#bare(name);
      case 'wfDefinitionId':
        return this.#plan.slug;
      case 'rootWfDefinitionId':
        return rootOf(this.#plan, state.trigger);
      case 'executionId':
        return state.executionId;
      case 'threadId':
        return state.threadId ?? this.#bare(name);
      case 'lastOutput':
        return this.#view.last ?? lastOutput(state, this.#view.frame);
      case 'error':
        return this.#view.cause ?? undefined;
      case 'now':
      case '$now':
        return new Date(this.#now).toISOString();
      case 'nowMs':
        return this.#now;
      case 'event':
        return this.#view.event;
      default:
        return this.#bare(name);
    }
  }

  /** No expression can ask for the names of the scope itself: it reads those that it says. */
  override keys(): string[] {
    return [];
  }

  #variables(): JsonObject {
    const { revealed } = this.#view;
    return revealed === undefined ? this.#state.variables : revealedVariables(this.#state, revealed);
  }

  /** A loop's own name for its item, then a variable, then `config.variables`, then a field of the input. */
  #bare(name: string): unknown {
    const state = this.#state;
    for (let frame = findById(state.frames, this.#view.frame); frame !== undefined && frame.parent !== null; ) {
      const activation = findById(state.activations, frame.owner);
      const step = activation && this.#plan.steps.get(activation.slug);
      if (activation !== undefined && step?.type === 'loop' && step.itemVariable === name)
        return itemOf(activation, frame);
      frame = findById(state.frames, frame.parent);
    }
    if (Object.hasOwn(state.variables, name)) return readOwn(this.#variables(), name);
    const config = this.#plan.config.variables;
    if (Object.hasOwn(config, name)) return readOwn(config, name);
    return readOwn(state.input, name);
  }
}

function revealedVariables(state: Readable, revealed: Readonly<Record<string, Json>>): JsonObject {
  const secure = Object.entries(revealed).filter(([name]) => Object.hasOwn(state.secureVariables, name));
  return { ...state.variables, ...Object.fromEntries(secure) };
}

class StepsView extends View {
  /** Never used: see docs/decisions/0025. */
  static readonly kept: unknown = new StepsView(Object({}), Object({}), 0);
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
    for (let frame = findById(this.#state.frames, this.#frame); frame !== undefined; ) {
      const result = getResult(frame.results, step.index);
      if (result !== null) return result;
      if (frame.parent === null || this.#standsAlone(frame, step)) return undefined;
      frame = findById(this.#state.frames, frame.parent);
    }
    return undefined;
  }

  /** Whether an iteration has its own results of a step or none: each item stands alone; a `while` goes on from its last round. */
  #standsAlone(frame: Frame, step: PlanStep): boolean {
    const owner = findById(this.#state.activations, frame.owner);
    const loop = owner && this.#plan.steps.get(owner.slug);
    return loop?.type === 'loop' && loop.items !== undefined && step.enclosing.includes(loop.slug);
  }

  override keys(): string[] {
    return this.#plan.order.map((step) => step.slug).filter((slug) => this.get(slug) !== undefined);
  }
}

/** The secrets that the definition declares, and the variables that were set as secure. */
class SecretsView extends View {
  readonly #plan: Plan;
  readonly #state: Readable;
  readonly #revealed: Readonly<Record<string, Json>> | undefined;

  constructor(plan: Plan, state: Readable, revealed: Readonly<Record<string, Json>> | undefined) {
    super();
    this.#plan = plan;
    this.#state = state;
    this.#revealed = revealed;
  }

  override has(name: string): boolean {
    return Object.hasOwn(this.#plan.config.secrets, name) || Object.hasOwn(this.#state.secureVariables, name);
  }

  override get(name: string): unknown {
    if (!this.has(name)) return undefined;
    return this.#revealed === undefined ? secretMask(name) : readOwn(this.#revealed, name);
  }

  override keys(): string[] {
    return Object.keys({ ...this.#plan.config.secrets, ...this.#state.secureVariables });
  }
}

/** `loop` as the innermost iteration sees it; `parent` is that of the loop around it. */
class LoopView extends View {
  readonly #frame: Frame;
  readonly #activation: Activation;
  /** Iterations that its step grants. */
  readonly #most: number;
  readonly #parent: () => LoopView | undefined;

  constructor(frame: Frame, activation: Activation, most: number, parent: () => LoopView | undefined) {
    super();
    this.#frame = frame;
    this.#activation = activation;
    this.#most = most;
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
        return items === undefined ? undefined : this.#frame.index === Math.min(items.length, this.#most) - 1;
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
  const activation = findById(state.activations, frame.owner);
  const parent = findById(state.frames, frame.parent);
  const around = (): LoopView | undefined => loopView(plan, state, parent);
  const step = activation && plan.steps.get(activation.slug);
  // A branch is no round: it stands in that of the loop around its step.
  if (activation === undefined || step?.type !== 'loop') return around();
  return new LoopView(frame, activation, step.maxIterations ?? Number.POSITIVE_INFINITY, around);
}

function itemOf(activation: Activation, frame: Frame): Json | undefined {
  return activation.loop?.items?.[frame.index];
}

/** The result before, as a scope sees it; an item sees none of another item, but what there was before the loop. */
export function lastOutput(state: Readable, id: number): Json {
  for (let frame = findById(state.frames, id); frame !== undefined; ) {
    if (frame.lastOutput !== null || frame.parent === null) return frame.lastOutput;
    const loop = findById(state.activations, frame.owner)?.loop;
    if (loop?.items) return loop.before;
    frame = findById(state.frames, frame.parent);
  }
  return null;
}

/** The definition's `config` as authors see it: without the references to secrets, which are read by `secrets`. */
function publicConfig(plan: Plan): JsonObject {
  const config = readOwn(plan.definition, 'config');
  if (typeof config !== 'object' || config === null) return {};
  return Object.fromEntries(Object.entries(config).filter(([key]) => key !== 'secrets'));
}
