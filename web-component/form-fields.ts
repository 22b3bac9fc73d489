import type { Parameter } from '../runtime/index.js';
import type { Json, JsonObject } from '../runtime/ports.js';
import type { Translate } from './messages.js';

/** How a field is drawn and read. */
export type FieldKind =
  | 'text'
  | 'email'
  | 'url'
  | 'password'
  | 'number'
  | 'integer'
  | 'checkbox'
  | 'select'
  | 'multiselect'
  | 'textarea'
  | 'date'
  | 'datetime'
  | 'time'
  | 'file'
  | 'json';

/** A choice of a select; its value may be any JSON. */
export interface FieldOption {
  readonly value: Json;
  readonly label: string;
}

/** What stands in a field: the text typed, a tick, the keys of the options chosen, or a file. */
export type FieldValue = string | boolean | readonly string[] | JsonObject;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether it is what a field of several options holds. */
export function isKeys(value: FieldValue): value is readonly string[] {
  return Array.isArray(value);
}

const kinds: Readonly<Record<string, FieldKind>> = {
  textarea: 'textarea',
  email: 'email',
  url: 'url',
  password: 'password',
  secret: 'password',
  date: 'date',
  datetime: 'datetime',
  time: 'time',
  number: 'number',
  float: 'number',
  integer: 'integer',
  int: 'integer',
  boolean: 'checkbox',
  bool: 'checkbox',
  checkbox: 'checkbox',
  select: 'select',
  enum: 'select',
  multiselect: 'multiselect',
  array: 'json',
  list: 'json',
  file: 'file',
  object: 'json',
  json: 'json',
};

export function fieldKind(parameter: Parameter): FieldKind {
  const kind = kinds[parameter.type] ?? 'text';
  const choosable = parameter.dataProvider !== undefined || fixedOptions(parameter).length > 0;
  if (!choosable) return kind === 'select' ? 'text' : kind === 'multiselect' ? 'json' : kind;
  return kind === 'json' && parameter.type !== 'object' ? 'multiselect' : kind === 'multiselect' ? kind : 'select';
}

/** The options the definition itself lists. */
export function fixedOptions(parameter: Parameter): readonly FieldOption[] {
  return (parameter.options ?? parameter.validation?.enum ?? []).map(toOption);
}

/** Reads `{value, label}`, or takes a plain value as its own label. */
export function toOption(entry: Json): FieldOption {
  if (typeof entry === 'object' && entry !== null && !Array.isArray(entry) && 'value' in entry) {
    const { value, label } = entry as { readonly value: Json; readonly label?: Json };
    return { value, label: typeof label === 'string' ? label : plain(value) };
  }
  return { value: entry, label: plain(entry) };
}

export function optionKey(value: Json): string {
  return JSON.stringify(value);
}

function plain(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a field shows for a value. */
export function toField(kind: FieldKind, value: Json | undefined): FieldValue {
  if (kind === 'checkbox') return value === true;
  if (kind === 'multiselect') return Array.isArray(value) ? value.map((entry: Json) => optionKey(entry)) : [];
  if (value === undefined || value === null) return '';
  if (kind === 'select') return optionKey(value);
  if (kind === 'file' && isObject(value)) return value;
  if (kind === 'json') return JSON.stringify(value, null, 2);
  if (kind === 'datetime') return typeof value === 'string' ? localTime(value) : '';
  return plain(value);
}

export type Reading =
  | { readonly ok: true; readonly value: Json | undefined }
  | { readonly ok: false; readonly message: string };

/** The JSON a field stands for; undefined when it is empty. */
export function readField(kind: FieldKind, field: FieldValue, t: Translate): Reading {
  if (typeof field === 'boolean') return { ok: true, value: field };
  if (typeof field !== 'string') {
    return { ok: true, value: !isKeys(field) ? field : field.length === 0 ? undefined : field.map(fromKey) };
  }
  const text = kind === 'password' || kind === 'textarea' || kind === 'text' ? field : field.trim();
  if (text === '') return { ok: true, value: undefined };
  switch (kind) {
    case 'number':
    case 'integer':
      return readNumber(kind, text, t);
    case 'email':
      return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) ? { ok: true, value: text } : fault(t('form.errorEmail'));
    case 'url':
      return URL.canParse(text) ? { ok: true, value: text } : fault(t('form.errorUrl'));
    case 'datetime': {
      const time = new Date(text);
      return Number.isNaN(time.getTime()) ? fault(t('form.errorDate')) : { ok: true, value: time.toISOString() };
    }
    case 'select':
      return { ok: true, value: fromKey(text) };
    case 'json':
      return readJson(text, t);
    default:
      return { ok: true, value: text };
  }
}

function readNumber(kind: 'number' | 'integer', text: string, t: Translate): Reading {
  const value = Number(text);
  if (!Number.isFinite(value)) return fault(t('form.errorNumber'));
  return kind === 'integer' && !Number.isInteger(value) ? fault(t('form.errorInteger')) : { ok: true, value };
}

function readJson(text: string, t: Translate): Reading {
  try {
    const value: Json = JSON.parse(text);
    return { ok: true, value };
  } catch (error) {
    return fault(t('form.errorJson', { reason: error instanceof Error ? error.message : String(error) }));
  }
}

const fault = (message: string): Reading => ({ ok: false, message });

function fromKey(key: string): Json {
  const value: Json = JSON.parse(key);
  return value;
}

/** An ISO time as `datetime-local` wants it: in the visitor's zone, without one named. */
function localTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return '';
  const shifted = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
