/** Input that every surface must refuse, with the same code at the same place, and keep nothing of. */
import { expect } from 'vitest';
import type { Json } from '../../runtime/ports.js';

export interface BadDocument {
  readonly name: string;
  /** As a user would have written it, or, where it is large, how to write it. */
  text(): string;
  readonly code: string;
  /** JSON pointer into the text. */
  readonly path: string;
  /** Whether {@link path} is only how the pointer begins. */
  readonly deeper?: boolean;
  /** Slug of the step it is in. */
  readonly step?: string;
  /** From 1. */
  readonly line: number;
  /** So large that to find its lines takes a second: once on each surface is enough. */
  readonly large?: true;
  /** How HTTP refuses it before it is looked at as a workflow; 422 with the issue when absent. */
  readonly http?: { readonly status: number; readonly code: string };
}

/** One step, its type on line 6, its configuration on line 7 and its ports on line 8. */
function workflowText(stepType: string, config: string, nextSteps = '{ "success": "end" }'): string {
  return `{
  "name": "Send",
  "steps": [
    {
      "stepSlug": "send",
      "stepType": "${stepType}",
      "config": ${config},
      "nextSteps": ${nextSteps}
    }
  ]
}`;
}

const sending = (parameters: string): string => `{ "type": "mail_send", "parameters": ${parameters} }`;
const config = '/steps/0/config';
const inStep = { step: 'send' } as const;

export const badDocuments: readonly BadDocument[] = [
  {
    name: 'malformed JSON',
    text: () => '{\n  "name": "Send",\n  "steps": [,]\n}',
    ...{ code: 'MALFORMED_JSON', path: '', line: 3 },
    http: { status: 400, code: 'MALFORMED_JSON' },
  },
  {
    name: 'JSON that ends too early',
    text: () => workflowText('action', sending('{}')).slice(0, -10),
    ...{ code: 'MALFORMED_JSON', path: '', line: 9 },
    http: { status: 400, code: 'MALFORMED_JSON' },
  },
  { name: 'JSON of something else', text: () => '[1, 2]', code: 'NOT_AN_OBJECT', path: '', line: 1 },
  { name: 'no steps', text: () => '{\n  "name": "Send"\n}', code: 'MISSING_FIELD', path: '', line: 1 },
  {
    name: 'an unknown step type',
    text: () => workflowText('acton', sending('{}')),
    ...{ code: 'UNKNOWN_STEP_TYPE', path: '/steps/0/stepType', ...inStep, line: 6 },
  },
  {
    name: 'a missing target',
    text: () => workflowText('action', sending('{}'), '{ "success": "archive" }'),
    ...{ code: 'UNKNOWN_TARGET', path: '/steps/0/nextSteps/success', ...inStep, line: 8 },
  },
  {
    name: 'an unknown port',
    text: () => workflowText('action', sending('{}'), '{ "sucess": "end" }'),
    ...{ code: 'UNKNOWN_PORT', path: '/steps/0/nextSteps/sucess', ...inStep, line: 8 },
  },
  {
    name: 'an unknown name',
    text: () => workflowText('action', sending('{ "to": "{{inptu.mail}}" }')),
    ...{ code: 'UNKNOWN_NAME', path: `${config}/parameters/to`, ...inStep, line: 7 },
  },
  {
    name: 'an unknown step in a template',
    text: () => workflowText('action', sending('{ "to": ["a", "{{steps.ask.output}}"] }')),
    ...{ code: 'UNKNOWN_STEP_REFERENCE', path: `${config}/parameters/to/1`, ...inStep, line: 7 },
  },
  {
    name: 'a bad expression',
    text: () => workflowText('condition', '{ "expression": "input.age >" }', '{ "true": "end" }'),
    ...{ code: 'EXPRESSION_INVALID', path: `${config}/expression`, ...inStep, line: 7 },
  },
  {
    name: 'a wrong key',
    text: () => workflowText('action', '{ "type": "mail_send", "parameter": {} }'),
    ...{ code: 'UNKNOWN_FIELD', path: `${config}/parameter`, ...inStep, line: 7 },
  },
  {
    name: 'a value of the wrong type',
    text: () => workflowText('action', '{ "type": 7 }'),
    ...{ code: 'WRONG_TYPE', path: `${config}/type`, ...inStep, line: 7 },
  },
  {
    name: 'a key that reaches for the prototype',
    text: () => workflowText('action', '{ "type": "mail_send", "__proto__": {} }'),
    ...{ code: 'FORBIDDEN_NAME', path: `${config}/__proto__`, line: 7 },
  },
  {
    name: 'a nesting too deep',
    text: () => workflowText('action', sending(`{ "deep": ${'['.repeat(150)}${']'.repeat(150)} }`)),
    ...{ code: 'NESTING_LIMIT', path: `${config}/parameters/deep/0`, deeper: true, line: 7 },
  },
  {
    name: 'an oversize document',
    text: () => workflowText('action', sending(`{ "list": [${'0,'.repeat(2_000_000)}0] }`)),
    ...{ code: 'SIZE_LIMIT', path: `${config}/parameters/list/`, deeper: true, line: 7, large: true },
    http: { status: 413, code: 'PAYLOAD_TOO_LARGE' },
  },
];

/** A workflow that is right, for input that is not. */
export const mailing = {
  name: 'Mail',
  slug: 'mail',
  parameters: [
    { name: 'to', type: 'email', label: 'To', required: true },
    { name: 'copies', type: 'number', label: 'Copies', validation: { min: 1 } },
  ],
  steps: [
    {
      stepSlug: 'send',
      stepType: 'action',
      config: { type: 'mail_send', parameters: { to: '{{input.to}}' } },
      nextSteps: { success: 'end' },
    },
  ],
};

export interface BadInput {
  readonly name: string;
  readonly input: Json;
  readonly code: string;
  readonly path: string;
}

const to = 'ada@example.com';

export const badInputs: readonly BadInput[] = [
  { name: 'a required value that is missing', input: {}, code: 'REQUIRED', path: '/to' },
  { name: 'a value of the wrong type', input: { to, copies: 'many' }, code: 'WRONG_TYPE', path: '/copies' },
  { name: 'a value out of bounds', input: { to, copies: 0 }, code: 'BAD_VALUE', path: '/copies' },
  { name: 'a list where an object belongs', input: [to], code: 'NOT_AN_OBJECT', path: '' },
  {
    name: 'a key that reaches for the prototype',
    input: JSON.parse(`{"to": "${to}", "__proto__": {"admin": true}}`),
    ...{ code: 'FORBIDDEN_NAME', path: '/__proto__' },
  },
];

/** Holds one of the issues to be the one of the table, and returns it. Takes them as they came, over a wire too. */
export function expectIssue(issues: unknown, bad: BadDocument | BadInput): Readonly<Record<string, unknown>> {
  const list: unknown[] = Array.isArray(issues) ? issues : [];
  const found = list.filter(isRecord).find((issue) => issue.code === bad.code && isAt(issue.path, bad));
  if (found === undefined) throw new Error(`no ${bad.code} at "${bad.path}" in ${JSON.stringify(issues)}`);
  expect(found).toMatchObject({ severity: 'error', message: expect.stringMatching(/\S/) });
  if ('step' in bad) expect(found.step).toBe(bad.step);
  return found;
}

function isAt(path: unknown, bad: BadDocument | BadInput): boolean {
  if ('deeper' in bad && bad.deeper) return typeof path === 'string' && path.startsWith(bad.path);
  return path === bad.path;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
