import { html, nothing, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { live } from 'lit/directives/live.js';
import { type FieldOption, optionKey } from '../form-fields.js';
import type { Field, FormState } from '../form-state.js';
import { icon } from '../icons.js';
import type { ViewContext } from './view.js';

export interface FieldRequests {
  /** By the id of its control. */
  focusField(id: string): void;
}
export interface FormRequests extends FieldRequests {
  start(): void;
}

/** The form made from the workflow's parameters, and the button that runs it. */
export function formView(context: ViewContext, requests: FormRequests): TemplateResult {
  const { run, t, disabled } = context;
  const { form } = run;
  if (form === null) return html``;
  const submit = (event: Event): void => {
    event.preventDefault();
    requests.start();
  };
  const again = run.summary !== null && !run.active;
  const starting = run.busy === 'starting' || run.busy === 'queued';
  const label = starting ? 'toolbar.starting' : again ? 'toolbar.runAgain' : 'toolbar.run';
  return html`<section class="panel form-panel" part="form" aria-label=${context.region(t('form.title'))}>
    <h3 class="panel-title">${t('form.title')}</h3>
    <form novalidate @submit=${submit}>
      ${errorSummary(context, form, requests)}
      ${form.fields.length === 0 ? html`<p class="quiet">${t('form.none')}</p>` : nothing}
      ${form.fields.map((field) => fieldView(context, form, field))}
      <slot name="form-end"></slot>
      ${
        context.readonly
          ? nothing
          : html`<button type="submit" class="button primary" part="run-button"
              ?disabled=${disabled || starting || run.active}>
              ${icon('play')}${t(run.busy === 'queued' ? 'toolbar.queued' : label)}
            </button>`
      }
    </form>
  </section>`;
}

/** What is wrong with a form, each with a way to its field. */
export function errorSummary(
  context: ViewContext,
  form: FormState,
  requests: FieldRequests,
): TemplateResult | typeof nothing {
  const { t } = context;
  const { invalid } = form;
  if (!form.summary || invalid.length === 0) return nothing;
  const title = invalid.length === 1 ? t('form.summaryOne') : t('form.summaryMany', { count: invalid.length });
  const link = (field: Field): TemplateResult => {
    const target = context.id(`field-${field.parameter.name}`);
    const follow = (event: Event): void => {
      event.preventDefault();
      requests.focusField(target);
    };
    return html`<li><a href="#${target}" @click=${follow}>${field.label}: ${field.error}</a></li>`;
  };
  return html`<div class="notice tone-fail" role="alert" tabindex="-1" part="error-summary" id=${context.id('summary')}>
    ${icon('alert')}
    <div><p class="notice-title">${title}</p><ul>${invalid.map(link)}</ul></div>
  </div>`;
}

/** A field: its label, its control, and what is to be said of it. */
export function fieldView(context: ViewContext, form: FormState, field: Field): TemplateResult {
  const { t } = context;
  const { parameter, label, error, kind } = field;
  const id = context.id(`field-${parameter.name}`);
  const optionsNote = kind === 'file' ? noteOnFile(context, field) : noteOnOptions(context, form, field);
  const described = [
    ...(parameter.help === undefined ? [] : [`${id}-help`]),
    ...(error === null ? [] : [`${id}-error`]),
    ...(optionsNote === nothing ? [] : [`${id}-options`]),
  ].join(' ');
  const required = parameter.required === true && parameter.default === undefined;
  const mark = required ? html`<span class="required">${t('form.required')}</span>` : nothing;
  const attributes = { id, described, required };
  const control = controlView(context, form, field, attributes);
  const text = kind === 'multiselect' ? html`<span class="label" id="${id}-label">${label}${mark}</span>` : nothing;
  return html`<div class="field ${kind} ${error === null ? '' : 'wrong'}" part="field">
    ${
      kind === 'checkbox'
        ? html`<label class="tick" for=${id}>${control}<span>${label}${mark}</span></label>`
        : html`${text === nothing ? html`<label class="label" for=${id}>${label}${mark}</label>` : text}${control}`
    }
    ${optionsNote === nothing ? nothing : html`<div class="note" id="${id}-options">${optionsNote}</div>`}
    ${parameter.help === undefined ? nothing : html`<p class="note" id="${id}-help">${parameter.help}</p>`}
    ${error === null ? nothing : html`<p class="note error" id="${id}-error">${icon('alert')}<span>${error}</span></p>`}
  </div>`;
}

interface Attributes {
  readonly id: string;
  readonly described: string;
  readonly required: boolean;
}

function controlView(context: ViewContext, form: FormState, field: Field, at: Attributes): TemplateResult {
  const { kind, parameter } = field;
  const off = context.disabled || context.readonly;
  const invalid = field.error === null ? nothing : 'true';
  const described = at.described || nothing;
  const leave = (): void => form.leave(field);
  const type = (event: Event): void => form.set(field, typedIn(event));
  if (kind === 'multiselect') return choices(context, form, field, at);
  if (kind === 'select') return selectView(context, form, field, at);
  if (kind === 'file') return fileView(context, form, field, at);
  if (kind === 'checkbox') {
    const tick = (event: Event): void => form.set(field, isTicked(event));
    return html`<input type="checkbox" id=${at.id} data-field=${parameter.name} .checked=${live(field.value === true)}
      ?disabled=${off} aria-describedby=${described} aria-invalid=${invalid} @change=${tick} @blur=${leave} />`;
  }
  const value = typeof field.value === 'string' ? field.value : '';
  if (kind === 'textarea' || kind === 'json') {
    return html`<textarea id=${at.id} data-field=${parameter.name} class=${kind === 'json' ? 'code' : ''} rows="4"
      spellcheck=${kind === 'json' ? 'false' : 'true'} .value=${live(value)} ?disabled=${off}
      placeholder=${parameter.placeholder ?? nothing} aria-describedby=${described} aria-invalid=${invalid}
      aria-required=${at.required ? 'true' : nothing} @input=${type} @blur=${leave}></textarea>`;
  }
  return html`<input id=${at.id} data-field=${parameter.name} type=${inputType(kind)} .value=${live(value)}
    inputmode=${inputMode(kind)} autocomplete=${kind === 'password' ? 'off' : kind === 'email' ? 'email' : nothing}
    placeholder=${parameter.placeholder ?? nothing} ?disabled=${off} aria-describedby=${described}
    aria-invalid=${invalid} aria-required=${at.required ? 'true' : nothing} @input=${type} @blur=${leave} />`;
}

/** What was chosen stands in the control itself, which a page cannot fill: what the page gave is named beneath. */
function fileView(context: ViewContext, form: FormState, field: Field, at: Attributes): TemplateResult {
  const change = (event: Event): void => {
    const file = event.target instanceof HTMLInputElement ? event.target.files?.[0] : undefined;
    void form.choose(field, file);
  };
  return html`${keyed(
    field.turn,
    html`<input type="file" id=${at.id} data-field=${field.parameter.name} ?disabled=${context.disabled || context.readonly}
      aria-describedby=${at.described || nothing} aria-invalid=${field.error === null ? nothing : 'true'}
      aria-required=${at.required ? 'true' : nothing} @change=${change} @blur=${() => form.leave(field)} />`,
  )}`;
}

function inputType(kind: Field['kind']): string {
  if (kind === 'datetime') return 'datetime-local';
  return ['email', 'url', 'password', 'date', 'time'].includes(kind) ? kind : 'text';
}

/** Numbers are typed as text: a number field swallows what it cannot read, so that no error could name it. */
function inputMode(kind: Field['kind']): string | typeof nothing {
  return kind === 'integer' ? 'numeric' : kind === 'number' ? 'decimal' : nothing;
}

function optionsOf(context: ViewContext, field: Field): readonly FieldOption[] {
  const known = field.options.status === 'ready' ? field.options.options : [];
  const keys = new Set(known.map((option) => optionKey(option.value)));
  const chosen = typeof field.value === 'string' ? [field.value] : Array.isArray(field.value) ? field.value : [];
  const gone = chosen.filter((key) => key !== '' && !keys.has(key));
  const restored = gone.map((key): FieldOption => {
    const value: FieldOption['value'] = JSON.parse(key);
    const text = typeof value === 'string' ? value : key;
    return { value, label: field.options.status === 'ready' ? context.t('form.optionGone', { value: text }) : text };
  });
  return [...known, ...restored];
}

function selectView(context: ViewContext, form: FormState, field: Field, at: Attributes): TemplateResult {
  const { t } = context;
  const options = optionsOf(context, field);
  const change = (event: Event): void => {
    form.set(field, typedIn(event));
    form.leave(field);
  };
  const off = context.disabled || context.readonly || field.options.status === 'loading';
  return html`<select id=${at.id} data-field=${field.parameter.name} ?disabled=${off}
    aria-describedby=${at.described || nothing} aria-invalid=${field.error === null ? nothing : 'true'}
    aria-required=${at.required ? 'true' : nothing} @change=${change} @blur=${() => form.leave(field)}>
    <option value="" ?selected=${field.value === ''}>
      ${t(field.options.status === 'loading' ? 'form.optionsLoading' : 'form.choose')}
    </option>
    ${options.map(({ value, label }) => {
      const key = optionKey(value);
      return html`<option value=${key} ?selected=${field.value === key} .selected=${live(field.value === key)}>${label}</option>`;
    })}
  </select>`;
}

function choices(context: ViewContext, form: FormState, field: Field, at: Attributes): TemplateResult {
  const chosen = new Set(Array.isArray(field.value) ? field.value : []);
  const options = optionsOf(context, field);
  const toggle = (key: string, on: boolean): void => {
    const keys = options.map((option) => optionKey(option.value));
    form.set(
      field,
      keys.filter((each) => (each === key ? on : chosen.has(each))),
    );
  };
  return html`<div class="choices" role="group" aria-labelledby="${at.id}-label" aria-describedby=${at.described || nothing}>
    ${options.map(({ value, label }, index) => {
      const key = optionKey(value);
      const id = index === 0 ? at.id : `${at.id}-${index}`;
      const change = (event: Event): void => toggle(key, isTicked(event));
      return html`<label class="tick" for=${id}><input type="checkbox" id=${id} data-field=${field.parameter.name}
        .checked=${live(chosen.has(key))} ?disabled=${context.disabled || context.readonly}
        aria-invalid=${field.error === null ? nothing : 'true'} @change=${change} @blur=${() => form.leave(field)} /><span>${label}</span></label>`;
    })}
  </div>`;
}

/** A file that the page gave; one that was chosen is named by the control. */
function noteOnFile({ t }: ViewContext, { kind, value, edited }: Field): TemplateResult | typeof nothing {
  if (kind !== 'file' || edited || value === '') return nothing;
  const name = typeof value === 'object' && 'name' in value ? value.name : value;
  return html`${t('form.fileGiven', { name: typeof name === 'string' ? name : JSON.stringify(name) })}`;
}

function noteOnOptions(context: ViewContext, form: FormState, field: Field): TemplateResult | typeof nothing {
  const { t } = context;
  if (field.options.status === 'error') {
    return html`<span class="error">${field.options.message}</span>
      <button type="button" class="link" @click=${() => form.loadOptions(field)}>${t('form.optionsRetry')}</button>`;
  }
  const choosing = field.kind === 'select' || field.kind === 'multiselect';
  if (!choosing) return nothing;
  if (field.options.status === 'loading') return html`${icon('spinner', 'spinner')}${t('form.optionsLoading')}`;
  return field.options.options.length === 0 ? html`${t('form.optionsEmpty')}` : nothing;
}

function typedIn(event: Event): string {
  const { target } = event;
  const typed =
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
  return typed ? target.value : '';
}

function isTicked(event: Event): boolean {
  return event.target instanceof HTMLInputElement && event.target.checked;
}
