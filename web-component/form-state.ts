import { childPointer, type InputCheck, type Issue, type Parameter } from '../runtime/index.js';
import type { Awaitable, Json, JsonObject } from '../runtime/ports.js';
import { readFile, refusalOf } from './file-value.js';
import {
  type FieldKind,
  type FieldOption,
  type FieldValue,
  fieldKind,
  fixedOptions,
  isObject,
  readField,
  toField,
  toOption,
} from './form-fields.js';
import type { Translate } from './messages.js';

/** Gives the options of a field: `{value, label}` each, or plain values. Aborted when the answer is wanted no more. */
export type DataProvider = (
  inputs: JsonObject,
  context: { readonly signal: AbortSignal; readonly input: JsonObject },
) => Awaitable<readonly Json[]>;

export type OptionsState =
  | { readonly status: 'ready'; readonly options: readonly FieldOption[] }
  | { readonly status: 'loading' }
  | { readonly status: 'error'; readonly message: string };

export interface Field {
  readonly parameter: Parameter;
  readonly kind: FieldKind;
  readonly label: string;
  value: FieldValue;
  /** Whether the person changed it; only such fields are kept as a draft. */
  edited: boolean;
  /** Whether its error is shown: after it was left, or after a submit. */
  checked: boolean;
  error: string | null;
  /** Why the file that was chosen is not the value: it is too large, or still being read. */
  fault: string | null;
  /** The file last chosen. */
  file: File | undefined;
  /** Counts how often the page filled or emptied the field: a control that only the person can fill is then made anew. */
  turn: number;
  options: OptionsState;
}

/** What a form asks for, and who says whether that is right. */
export interface FormSubject {
  readonly parameters: readonly Parameter[];
  check(input: JsonObject): InputCheck;
  /** Names the draft of what was typed; absent where none is kept. */
  readonly draftKey?: string;
}

export interface FormHost {
  readonly texts: Translate;
  readonly dataProviders: Readonly<Record<string, DataProvider>> | undefined;
  changed(): void;
  /** Does it once no pointer is pressed; at once where there is none. */
  afterPress(work: () => void): void;
}

/** The fields of one form: their values, errors, options and draft. */
export class FormState {
  readonly fields: readonly Field[];
  /** Whether the summary of errors is shown: after a submit that was refused, until all is right. */
  summary = false;
  readonly #subject: FormSubject;
  readonly #host: FormHost;
  #base: JsonObject = {};
  #loads = new AbortController();

  constructor(subject: FormSubject, host: FormHost) {
    this.#subject = subject;
    this.#host = host;
    this.fields = subject.parameters.map((parameter) => newField(parameter));
    this.#restoreDraft();
    for (const field of this.fields) if (field.parameter.dataProvider !== undefined) this.loadOptions(field);
  }

  /** Takes the values a page gives; they replace what was typed. Keys without a field are handed on as they are. */
  prefill(input: unknown): void {
    this.#base = isObject(input) ? input : {};
    for (const field of this.fields) {
      const given = this.#base[field.parameter.name];
      if (given === undefined) continue;
      this.#put(field, given);
      if (field.checked) this.check(field);
    }
  }

  set(field: Field, value: FieldValue): void {
    field.value = value;
    field.edited = true;
    // An error shown goes as soon as it is mended; a new one waits until the field is left.
    if (field.checked && field.error !== null) this.check(field);
    this.#saveDraft();
    this.#host.changed();
  }

  /** Takes a file, or none; while it is being read the form cannot be submitted. */
  async choose(field: Field, file: File | undefined): Promise<void> {
    const { texts } = this.#host;
    field.file = file;
    const show = (value: FieldValue, fault: string | null): void => {
      if (field.file !== file) return;
      Object.assign(field, {
        value,
        fault,
        edited: true,
        checked: field.checked || fault !== texts('form.fileReading'),
      });
      if (field.checked) this.check(field);
      this.#host.changed();
    };
    if (file === undefined) return show('', null);
    const refusal = refusalOf(file, texts);
    if (refusal !== undefined) return show('', refusal);
    show('', texts('form.fileReading'));
    try {
      show(await readFile(file), null);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      show('', texts('form.errorFile', { name: file.name, reason }));
    }
  }

  /** The field was left. What is wrong with it shows when that can no longer move what is being pressed. */
  leave(field: Field): void {
    if (!field.edited && !field.checked) return;
    this.#host.afterPress(() => {
      field.checked = true;
      this.check(field);
      this.#host.changed();
    });
  }

  check(field: Field): void {
    field.error = this.#errorOf(field, this.#issues());
    if (this.fields.every((each) => each.error === null)) this.summary = false;
  }

  /** Checks every field, and shows what is wrong. */
  submit(): boolean {
    const issues = this.#issues();
    for (const field of this.fields) {
      field.checked = true;
      field.error = this.#errorOf(field, issues);
    }
    this.summary = this.invalid.length > 0;
    this.#host.changed();
    return !this.summary;
  }

  /** Marks the fields that a start was refused for. */
  mark(issues: readonly Issue[]): void {
    for (const field of this.fields) {
      const found = issues.find((issue) => belongsTo(issue, field));
      if (found === undefined) continue;
      field.checked = true;
      field.error = sentence(found);
    }
    this.summary = this.invalid.length > 0;
    this.#host.changed();
  }

  get invalid(): readonly Field[] {
    return this.fields.filter((field) => field.error !== null);
  }

  /** Whether a start with the present values would be accepted; shows nothing. */
  get valid(): boolean {
    const issues = this.#issues();
    return this.fields.every((field) => this.#errorOf(field, issues) === null);
  }

  /** The input the fields stand for, over what the page gave. A field that cannot be read is left out. */
  get input(): JsonObject {
    const input: Record<string, Json> = { ...this.#base };
    for (const field of this.fields) {
      const reading = readField(field.kind, field.value, this.#host.texts);
      if (reading.ok && reading.value !== undefined) input[field.parameter.name] = reading.value;
      else delete input[field.parameter.name];
    }
    return input;
  }

  reset(): void {
    for (const field of this.fields) {
      this.#put(field, this.#base[field.parameter.name] ?? field.parameter.default);
      field.checked = false;
      field.error = null;
    }
    this.summary = false;
    this.#saveDraft();
    this.#host.changed();
  }

  #put(field: Field, value: Json | undefined): void {
    Object.assign(field, {
      value: toField(field.kind, value),
      edited: false,
      fault: null,
      file: undefined,
      turn: field.turn + 1,
    });
  }

  /** Asks the field's data provider again. */
  loadOptions(field: Field): void {
    const asked = field.parameter.dataProvider;
    if (asked === undefined) return;
    const provider = this.#host.dataProviders?.[asked.name];
    if (provider === undefined) {
      const message = this.#host.texts('form.optionsMissing', { name: asked.name });
      field.options = { status: 'error', message };
      return this.#host.changed();
    }
    const { signal } = this.#loads;
    field.options = { status: 'loading' };
    this.#host.changed();
    const inputs = isObject(asked.inputs) ? asked.inputs : {};
    const ask = async (): Promise<OptionsState> => {
      try {
        const options = await provider(inputs, { signal, input: this.input });
        return { status: 'ready', options: options.map(toOption) };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return { status: 'error', message: this.#host.texts('form.optionsError', { reason }) };
      }
    };
    void ask().then((options) => {
      if (signal.aborted) return;
      field.options = options;
      this.#host.changed();
    });
  }

  /** Lets go of what is still being loaded. */
  close(): void {
    this.#loads.abort();
    this.#loads = new AbortController();
  }

  #issues(): readonly Issue[] {
    const result = this.#subject.check(this.input);
    return result.ok ? [] : result.issues.filter((issue) => issue.severity === 'error');
  }

  #errorOf(field: Field, issues: readonly Issue[]): string | null {
    const { texts: translate } = this.#host;
    if (field.fault !== null) return field.fault;
    const reading = readField(field.kind, field.value, translate);
    if (!reading.ok) return reading.message;
    const empty = reading.value === undefined;
    if (empty && field.parameter.required === true && field.parameter.default === undefined) {
      return translate('form.errorRequired');
    }
    const issue = issues.find((each) => belongsTo(each, field));
    return issue === undefined ? null : sentence(issue);
  }

  #saveDraft(): void {
    const { draftKey } = this.#subject;
    if (draftKey === undefined) return;
    const draft: Record<string, FieldValue> = {};
    for (const field of this.fields) {
      // A secret never leaves the field, and a file is too large.
      if (field.edited && field.kind !== 'password' && field.kind !== 'file') draft[field.parameter.name] = field.value;
    }
    try {
      if (Object.keys(draft).length === 0) localStorage.removeItem(draftKey);
      else localStorage.setItem(draftKey, JSON.stringify(draft));
    } catch {
      // The browser keeps nothing for this page: then the draft lasts as long as the page does.
    }
  }

  #restoreDraft(): void {
    const { draftKey } = this.#subject;
    if (draftKey === undefined) return;
    let draft: unknown;
    try {
      draft = JSON.parse(localStorage.getItem(draftKey) ?? '{}');
    } catch {
      // Nothing is kept for this page, or something else wrote there: begin without a draft.
      return;
    }
    if (!isObject(draft)) return;
    for (const field of this.fields) {
      const value = draft[field.parameter.name];
      if (field.kind === 'password' || field.kind === 'file' || !fits(field.kind, value)) continue;
      field.value = value;
      field.edited = true;
    }
  }
}

function newField(parameter: Parameter): Field {
  const kind = fieldKind(parameter);
  return {
    ...{ parameter, kind, label: parameter.label ?? parameter.name, value: toField(kind, parameter.default) },
    ...{ edited: false, checked: false, error: null, fault: null, file: undefined, turn: 0 },
    options: { status: 'ready', options: fixedOptions(parameter) },
  };
}

function belongsTo(issue: Issue, field: Field): boolean {
  const pointer = childPointer('', field.parameter.name);
  const path = issue.path.replace(/^\/input(?=\/)/, '');
  return path === pointer || path.startsWith(`${pointer}/`) || issue.field === field.parameter.name;
}

const sentence = (issue: Issue): string =>
  issue.hint === undefined ? issue.message : `${issue.message} ${issue.hint}`;

function fits(kind: FieldKind, value: unknown): value is FieldValue {
  if (kind === 'checkbox') return typeof value === 'boolean';
  if (kind === 'multiselect') return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
  return typeof value === 'string';
}
