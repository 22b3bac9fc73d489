import { exports } from 'cloudflare:workers';
import { expect } from 'vitest';
import type { ExecutionSummary, Json, JsonObject } from '../../runtime/ports.js';

export const DEV_KEY = 'a-key-for-the-tests';
export const ROOT_KEY = 'root-key-for-the-tests';

export interface Call {
  readonly key?: string | null;
  /** Sent as JSON. */
  readonly body?: Json;
  /** Sent as it is, with `content-type: application/json` unless the headers say otherwise. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonObject;
}

/** Sends a request to the Worker, with the development key unless told otherwise. */
export function send(method: string, path: string, call: Call = {}): Promise<Response> {
  const text = call.text ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
  const headers = new Headers(call.headers);
  if (text !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json');
  if (call.key !== null) headers.set('authorization', `Bearer ${call.key ?? DEV_KEY}`);
  const init = { method, headers, redirect: 'manual', ...(text === undefined ? {} : { body: text }) } as const;
  return exports.default.fetch(new Request(`http://localhost${path}`, init));
}

export async function call(method: string, path: string, options: Call = {}): Promise<Answer> {
  const response = await send(method, path, options);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

/** Holds an answer to be problem details with this status and code, and never a mishap of ours. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.body, JSON.stringify(answer.body)).toMatchObject({ status, code });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  for (const field of ['type', 'title', 'detail', 'instance']) expect(answer.body[field]).toBeTypeOf('string');
}

/** A key of its own organisation for each call, so that tests do not see each other. */
export async function newOrganization(role = 'admin'): Promise<{ key: string; organization: string }> {
  const organization = `org-${crypto.randomUUID().slice(0, 18)}`;
  return { key: await keyFor(organization, role), organization };
}

export async function keyFor(organization: string, role: string, name = 'test'): Promise<string> {
  const made = await call('POST', '/v1/keys', { key: ROOT_KEY, body: { name, role, organization } });
  expect(made.status).toBe(201);
  return String(made.body.key);
}

/** A workflow of one action. */
export function workflow(
  slug: string,
  action: JsonObject = { type: 'echo', parameters: { hello: '{{input.name}}' } },
): JsonObject {
  return {
    name: slug,
    slug,
    parameters: [{ name: 'name', type: 'text', label: 'Name', default: 'Ada' }],
    steps: [{ stepSlug: 'act', stepType: 'action', config: action, nextSteps: { success: 'end' } }],
  };
}

export async function put(key: string, definition: JsonObject): Promise<Answer> {
  const answer = await call('PUT', `/v1/workflows/${String(definition.slug)}`, { key, body: definition });
  expect([200, 201], JSON.stringify(answer.body)).toContain(answer.status);
  return answer;
}

/** Starts an execution and waits for its end. */
export async function run(key: string, slug: string, body: Json = {}): Promise<Answer> {
  return call('POST', `/v1/workflows/${slug}/executions?wait=10`, { key, body });
}

export async function start(key: string, slug: string, body: Json = {}): Promise<ExecutionSummary> {
  const answer = await send('POST', `/v1/workflows/${slug}/executions`, { key, body });
  expect(answer.status).toBe(202);
  return answer.json();
}
