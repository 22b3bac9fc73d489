import { TemplateError } from '../errors.js';
import { boundedText } from '../expression/operators.js';
import type { Part } from '../expression/part.js';
import type { Run } from '../expression/run.js';
import { isRecord, readOwn } from '../expression/values.js';

/** A text, or a tag with what stands in it. */
export type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly part: Part }
  | Section;

interface Section {
  readonly kind: 'section' | 'inverted';
  readonly part: Part;
  readonly body: readonly Token[];
}

export interface Output {
  /** Longest text, in UTF-16 units. */
  readonly limit: number;
  readonly source: string;
}

type Writer = (run: Run) => string;

/** Turns tokens into a closure that gives their text. */
export function compileTokens(tokens: readonly Token[], output: Output): Writer {
  const [first, second] = tokens;
  if (first === undefined) return () => '';
  const writers = tokens.map((token) => compileToken(token, output));
  if (second === undefined) {
    const [only] = writers;
    if (only !== undefined) return (run) => bounded(only(run), output);
  }
  return (run) => {
    let text = '';
    for (const write of writers) text = bounded(text + write(run), output);
    return text;
  };
}

function bounded(text: string, output: Output): string {
  if (text.length <= output.limit) return text;
  const message = `The text would be longer than the ${output.limit} characters allowed`;
  throw new TemplateError(message, { source: output.source }, { code: 'TEMPLATE_LIMIT' });
}

function compileToken(token: Token, output: Output): Writer {
  switch (token.kind) {
    case 'text': {
      const { text } = token;
      return () => text;
    }
    case 'value': {
      const { step } = token.part;
      return (run) => {
        const value = step(run);
        return typeof value === 'string' ? value : boundedText(value, run);
      };
    }
    default:
      return compileSection(token, output);
  }
}

const isEmpty = (value: unknown) => !value || (Array.isArray(value) && value.length === 0);

/** Fuel that one round of a section costs beside its text. */
function costOf(body: readonly Token[]): number {
  return body.reduce((cost, token) => cost + (token.kind === 'text' ? 1 : 1 + token.part.cost), 1);
}

function compileSection({ kind, part, body: tokens }: Section, output: Output): Writer {
  const { step } = part;
  const body = compileTokens(tokens, output);
  const cost = costOf(tokens);
  return (run) => {
    const value = step(run);
    if (isEmpty(value) === (kind === 'section')) return '';
    run.spend(cost);
    if (kind === 'inverted' || value === true) return body(run);
    return Array.isArray(value) ? writeList(value, body, cost, run, output) : writeItem(value, body, run);
  };
}

/** Within a section, names are the item's first and then those outside. */
function writeItem(item: unknown, body: Writer, run: Run): string {
  const { layer, item: outer } = run;
  run.item = item;
  if (isRecord(item)) run.layer = { item, outer: layer };
  const text = body(run);
  run.layer = layer;
  run.item = outer;
  return text;
}

function writeList(list: readonly unknown[], body: Writer, cost: number, run: Run, output: Output): string {
  let text = '';
  for (let index = 0; index < list.length; index++) {
    run.spend(cost);
    text = bounded(text + writeItem(readOwn(list, index), body, run), output);
  }
  return text;
}
