import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtinActions } from '../../runtime/actions.js';
import {
  type Action,
  type ActionRegistry,
  createActionRegistry,
  defineFunction,
  type FunctionDefinition,
  type FunctionRegistry,
  functionRegistry,
  type LanguageModel,
} from '../../runtime/index.js';
import { reason } from './files.js';
import type { Io } from './io.js';
import { UsageError } from './usage.js';

export interface LoadedActions {
  readonly actions: ActionRegistry;
  readonly model?: LanguageModel;
  readonly functions?: FunctionRegistry;
}

/**
 * Loads a module of actions: its `actions` (or its default export) is a list of actions, or an object of actions or
 * plain functions by type; its `model`, where it has one, answers llm steps; its `functions`, a list or a registry
 * of definitions, may be called by expressions.
 * @throws UsageError when it cannot be loaded or holds something else
 */
export async function loadActions(io: Io, name: string): Promise<LoadedActions> {
  const exported = await load(io, name);
  const listed = exported.actions ?? exported.default;
  if ([listed, exported.model, exported.functions].every((one) => one === undefined)) {
    throw new UsageError(`${name} exports no actions.`, {
      hint: 'Export `actions`: a list of actions, or an object of functions by type.',
    });
  }
  const actions = withBuiltins(toActions(name, listed ?? []));
  const { model } = exported;
  const functions = exported.functions === undefined ? {} : { functions: toFunctions(name, exported.functions) };
  if (model === undefined) return { actions, ...functions };
  if (!isModel(model)) throw new UsageError(`The model that ${name} exports has no function \`complete\`.`);
  return { actions, model, ...functions };
}

/**
 * The functions of the module that `--actions` names, for what performs nothing.
 * @throws UsageError as {@link loadActions}
 */
export async function loadFunctions(io: Io, name: string | undefined): Promise<FunctionRegistry | undefined> {
  return name === undefined ? undefined : (await loadActions(io, name)).functions;
}

/** An action of one's own takes the place of the one of its type that comes with Newtflow. */
export function withBuiltins(own: readonly Action[]): ActionRegistry {
  const types = new Set(own.map(({ type }) => type));
  return createActionRegistry([...builtinActions().filter(({ type }) => !types.has(type)), ...own]);
}

async function load(io: Io, name: string): Promise<Record<string, unknown>> {
  const path = resolve(io.cwd, name);
  try {
    await access(path);
    return await import(pathToFileURL(path).href);
  } catch (error) {
    throw new UsageError(`Cannot load ${name}: ${reason(error).replace(/\.?$/, '.')}`, { cause: error });
  }
}

function toActions(name: string, listed: unknown): Action[] {
  if (Array.isArray(listed)) return listed.map((item: unknown, index) => toAction(name, `actions[${index}]`, item));
  if (typeof listed !== 'object' || listed === null)
    throw new UsageError(`The actions that ${name} exports are neither a list nor an object.`);
  return Object.entries(listed).map(([type, item]: [string, unknown]) =>
    typeof item === 'function'
      ? { type, run: (parameters, context) => item(parameters, context) }
      : toAction(name, `actions.${type}`, isRecord(item) ? { type, ...item } : item),
  );
}

function toAction(name: string, where: string, item: unknown): Action {
  if (isAction(item)) return item;
  throw new UsageError(`${where} of ${name} is no action.`, {
    hint: 'An action has a text `type` and a function `run`.',
  });
}

function toFunctions(name: string, listed: unknown): FunctionRegistry {
  const items: unknown = listed instanceof Map ? [...listed.values()] : listed;
  if (!Array.isArray(items))
    throw new UsageError(`The functions that ${name} exports are neither a list nor a registry.`, {
      hint: 'Export `functions`: a list of what `defineFunction` made.',
    });
  try {
    return functionRegistry(items.map((item: unknown, index) => toFunction(name, `functions[${index}]`, item)));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`Cannot use the functions that ${name} exports: ${error.message}.`, { cause: error });
  }
}

function toFunction(name: string, where: string, item: unknown): FunctionDefinition {
  if (isFunction(item)) return defineFunction(item);
  throw new UsageError(`${where} of ${name} is no function for expressions.`, {
    hint: 'It has the texts `name`, `signature` and `description`, and a function `call`.',
  });
}

function isFunction(item: unknown): item is FunctionDefinition {
  const texts = ['name', 'signature', 'description'];
  return isRecord(item) && typeof item.call === 'function' && texts.every((key) => typeof item[key] === 'string');
}

function isAction(item: unknown): item is Action {
  return isRecord(item) && typeof item.type === 'string' && typeof item.run === 'function';
}

function isModel(item: unknown): item is LanguageModel {
  return typeof item === 'object' && item !== null && 'complete' in item && typeof item.complete === 'function';
}

function isRecord(item: unknown): item is Record<string, unknown> {
  return typeof item === 'object' && item !== null;
}
