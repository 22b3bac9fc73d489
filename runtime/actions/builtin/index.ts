import type { Json, JsonObject } from '../../json.js';
import type { Action, LogLevel } from '../../ports.js';
import { defineAction } from '../define.js';
import { type HttpRequestOptions, httpRequest } from './http-request.js';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

const log = defineAction({
  type: 'log',
  title: 'Log',
  description: 'Writes a line into the history.',
  input: {
    type: 'object',
    required: ['message'],
    additionalProperties: false,
    properties: {
      message: { type: 'string' },
      level: { type: 'string', enum: [...LEVELS], description: 'info when absent.' },
      data: { description: 'Anything that belongs to it.' },
    },
  },
  run: ({ message, level, data }, context) => {
    const asked = LEVELS.find((one) => one === level) ?? 'info';
    context.log(asked, String(message), data);
    return null;
  },
});

const checkpoint = defineAction({
  type: 'checkpoint',
  title: 'Checkpoint',
  description: 'Records how far the work has come.',
  input: {
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: { name: { type: 'string', minLength: 1 }, data: {} },
  },
  run: async ({ name, data }, context) => {
    await context.checkpoint(String(name), data);
    return null;
  },
});

const emitEvent = defineAction({
  type: 'emit_event',
  title: 'Emit event',
  description: 'Tells the host of an event: it starts what subscribes to it, and wakes what waits for it.',
  input: {
    type: 'object',
    required: ['event'],
    additionalProperties: false,
    properties: { event: { type: 'string', minLength: 1, maxLength: 200 }, data: {} },
  },
  run: async ({ event, data = null }, context) => {
    await context.emit(String(event), data);
    return { event: String(event), id: context.idempotencyKey };
  },
});

const transform = defineAction({
  type: 'transform',
  title: 'Transform',
  description: 'Gives back its parameters, every template in them filled in: for putting data into another shape.',
  run: (parameters: JsonObject): Json => parameters,
});

/** The actions that come with Newtflow, for `createActionRegistry`. `set_variables` is the language's own. */
export function builtinActions(options: { readonly http?: HttpRequestOptions } = {}): readonly Action[] {
  return [httpRequest(options.http), log, checkpoint, emitEvent, transform];
}
