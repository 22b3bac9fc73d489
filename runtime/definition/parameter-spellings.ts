import { type Json, type JsonObject, owns } from '../json.js';
import { child } from './issues.js';
import { emptyLike, isList, isObject } from './json-copy.js';
import type { Origins } from './origins.js';

/** Other words for the fields of a parameter. */
export const PARAMETER_FIELDS: Readonly<Record<string, string>> = {
  data_provider: 'dataProvider',
  help_text: 'help',
  helpText: 'help',
  description: 'help',
  title: 'label',
  default_value: 'default',
  defaultValue: 'default',
  choices: 'options',
};
/** Other words for the limits of a value; they may stand beside `validation` as well as in it. */
export const LIMITS_OF_PARAMETERS: Readonly<Record<string, string>> = {
  pattern: 'pattern',
  regex: 'pattern',
  minLength: 'minLength',
  min_length: 'minLength',
  maxLength: 'maxLength',
  max_length: 'maxLength',
  min: 'min',
  minimum: 'min',
  min_value: 'min',
  max: 'max',
  maximum: 'max',
  max_value: 'max',
  minItems: 'minItems',
  min_items: 'minItems',
  maxItems: 'maxItems',
  max_items: 'maxItems',
  enum: 'enum',
};
type Draft = Record<string, Json>;

/** @param pointer where the list stands: it need not be that of the workflow */
export function normaliseParameters(parameters: Json, origins: Origins, pointer = '/parameters'): Json {
  if (!isList(parameters)) return parameters;
  return parameters.map((one, index) =>
    isObject(one) ? normaliseParameter(one, child(pointer, index), origins) : one,
  );
}

function normaliseParameter(parameter: JsonObject, pointer: string, origins: Origins): Draft {
  const source = origins.origin(pointer);
  const draft = emptyLike(parameter);
  const limits = emptyLike(parameter);
  for (const [key, value] of Object.entries(parameter)) {
    const limit = own(LIMITS_OF_PARAMETERS, key);
    const field = own(PARAMETER_FIELDS, key) ?? key;
    if (limit !== undefined) {
      put(limits, limit, value, `${pointer}/validation`, child(source, key), origins);
    } else if (key === 'validation' && isObject(value)) {
      readLimits(limits, value, pointer, child(source, key), origins);
    } else {
      put(draft, field, value, pointer, child(source, key), origins);
    }
  }
  if (typeof draft.dataProvider === 'string')
    draft.dataProvider = Object.assign(emptyLike(draft), { name: draft.dataProvider });
  if (Object.keys(limits).length > 0) draft.validation = limits;
  return draft;
}

function readLimits(limits: Draft, validation: JsonObject, pointer: string, source: string, origins: Origins): void {
  for (const [key, value] of Object.entries(validation)) {
    put(limits, own(LIMITS_OF_PARAMETERS, key) ?? key, value, `${pointer}/validation`, child(source, key), origins);
  }
}

/** The first spelling wins; one that is already taken stays under its own name, where the check finds it. */
function put(draft: Draft, field: string, value: Json, pointer: string, from: string, origins: Origins): void {
  const free = draft[field] === undefined;
  const name = free ? field : from.slice(from.lastIndexOf('/') + 1);
  draft[name] = value;
  if (child(pointer, name) !== from) origins.moved(child(pointer, name), from);
}

function own(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return owns(table, key) ? table[key] : undefined;
}
