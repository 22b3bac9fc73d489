import type { Parameter } from '../../runtime/index.js';
import type { Json, JsonObject } from '../../runtime/ports.js';
import { isObject } from './body.js';

export type FieldKind = 'text' | 'number' | 'boolean' | 'choice' | 'json';

/** How a field is asked for on a page without a script. */
export function kindOfField({ type, options }: Parameter): FieldKind {
  if (type === 'boolean' || type === 'bool' || type === 'checkbox') return 'boolean';
  if (type === 'number' || type === 'integer' || type === 'int' || type === 'float') return 'number';
  if (type === 'multiselect' || type === 'array' || type === 'list') return 'json';
  if (type === 'object' || type === 'json' || type === 'file') return 'json';
  return options !== undefined && options.length > 0 ? 'choice' : 'text';
}

/** The options of a field: the value, the text that stands for it in a form, and what people read. */
export function choicesOf(field: Parameter): { value: Json; text: string; label: string }[] {
  return (field.options ?? []).map((option) => {
    const { value, label } = isObject(option)
      ? { value: option.value ?? null, label: option.label }
      : { value: option };
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return { value, text, label: typeof label === 'string' ? label : text };
  });
}

/**
 * What a form filled in, as values. What cannot be read as what it should be is left as text, for the check of the
 * fields to say so; what was left empty is absent.
 */
export function fieldsOfForm(fields: readonly Parameter[], form: URLSearchParams): JsonObject {
  const entries = fields.flatMap((field): [string, Json][] => {
    const text = form.get(`field.${field.name}`);
    if (kindOfField(field) === 'boolean') return [[field.name, text === 'true']];
    if (text === null || text === '') return [];
    return [[field.name, filled(field, text)]];
  });
  return Object.fromEntries(entries);
}

function filled(field: Parameter, text: string): Json {
  switch (kindOfField(field)) {
    case 'number':
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 'json':
      return jsonOr(text);
    case 'choice':
      return chosen(field, text);
    default:
      return text;
  }
}

function chosen(field: Parameter, text: string): Json {
  return choicesOf(field).find((choice) => choice.text === text)?.value ?? text;
}

function jsonOr(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
