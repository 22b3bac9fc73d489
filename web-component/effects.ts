import {
  type Action,
  type ActionContext,
  ActionError,
  type ActionRegistry,
  type Awaitable,
  createActionRegistry,
  type GivenFunctions,
  type JsonObject,
  type LanguageModel,
  type ModelRequest,
  type ModelResponse,
  registryOf,
  type SecretReference,
  type SecretStore,
  validate,
} from '../runtime/index.js';
import type { Workflows } from './child-runs.js';
import { requestAction } from './events.js';

export type ActionFunction = (parameters: JsonObject, context: ActionContext) => Awaitable<unknown>;
/** The actions a page provides: a list, or a map from type to an action or to the function that performs it. */
export type Actions =
  | readonly Action[]
  | ReadonlyMap<string, Action | ActionFunction>
  | Readonly<Record<string, Action | ActionFunction>>;
export type ModelFunction = (request: ModelRequest, context: ActionContext) => Awaitable<ModelResponse | string>;
/** Gives the value of a secret by name, or undefined. What it gives is never stored. */
export type SecretFunction = (name: string) => Awaitable<string | undefined>;

/** The element's properties that perform effects. Read anew at each use: a page may set them after a run began. */
export interface EffectSettings {
  readonly actions: Actions | undefined;
  readonly functions: GivenFunctions | undefined;
  readonly llm: LanguageModel | ModelFunction | undefined;
  readonly getSecret: SecretFunction | undefined;
  readonly workflows: Workflows | undefined;
}

/** The actions that are registered, then the built-in ones. */
function ownActions(settings: EffectSettings): ActionRegistry {
  const builtIn = createActionRegistry([]);
  return {
    find: (type) => findAction(settings.actions, type) ?? builtIn.find(type),
    list: () => [...listActions(settings.actions), ...builtIn.list()],
  };
}

/** As {@link ownActions}; any other type is asked of the page by `actionrequest`. */
export function pageActions(settings: EffectSettings & EventTarget): ActionRegistry {
  const own = ownActions(settings);
  return {
    find: (type) =>
      own.find(type) ?? {
        type,
        run: (parameters, context) => requestAction(settings, type, parameters, context),
      },
    list: own.list,
  };
}

/**
 * Whether an element may go on with a run that it does not show: with any of the workflow `slug`, which is its own; with
 * another only where all that this needs was given to the element. Whether the page would answer an `actionrequest`
 * cannot be known before, and a run whose action nobody performs would fail.
 */
export function canGoOn(settings: EffectSettings, slug: string, definition: JsonObject): boolean {
  if (definition.slug === slug) return true;
  const result = validate(definition, { functions: registryOf(settings.functions) });
  if (!result.ok) return false;
  const { plan } = result;
  const actions = ownActions(settings);
  const performs = plan.order.every(
    (step) =>
      (step.type !== 'action' || actions.find(step.action) !== undefined) &&
      (step.type !== 'llm' || settings.llm !== undefined) &&
      (step.type !== 'workflow' || settings.workflows !== undefined),
  );
  const secret = Object.values(plan.config.secrets).some(({ kind }) => kind === 'reference');
  return performs && (!secret || settings.getSecret !== undefined);
}

function findAction(actions: Actions | undefined, type: string): Action | undefined {
  if (actions === undefined) return undefined;
  if (isList(actions)) return actions.find((action) => action.type === type);
  if (isMap(actions)) return toAction(type, actions.get(type));
  return Object.hasOwn(actions, type) ? toAction(type, actions[type]) : undefined;
}

function listActions(actions: Actions | undefined): readonly Action[] {
  if (actions === undefined) return [];
  if (isList(actions)) return actions;
  const entries = isMap(actions) ? [...actions] : Object.entries(actions);
  return entries.flatMap(([type, action]) => toAction(type, action) ?? []);
}

function toAction(type: string, action: Action | ActionFunction | undefined): Action | undefined {
  return typeof action === 'function' ? { type, run: action } : action;
}

const isList = (actions: Actions): actions is readonly Action[] => Array.isArray(actions);
const isMap = (actions: Actions): actions is ReadonlyMap<string, Action | ActionFunction> => actions instanceof Map;

export function pageModel(settings: EffectSettings): LanguageModel {
  return {
    async complete(request, context) {
      const { llm } = settings;
      if (llm === undefined) {
        const details = { code: 'MODEL_NOT_FOUND', step: context.step, retryable: false };
        throw new ActionError('This page has no language model.', details);
      }
      const answer = await (typeof llm === 'function' ? llm(request, context) : llm.complete(request, context));
      return typeof answer === 'string' ? { text: answer } : answer;
    },
  };
}

export function pageSecrets(settings: EffectSettings): SecretStore {
  return {
    resolve: (reference: SecretReference) =>
      reference.kind === 'reference' ? settings.getSecret?.(reference.name) : undefined,
  };
}
