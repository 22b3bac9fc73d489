import { defineFunction } from '../../runtime/index.js';
import type { JsonObject } from '../../runtime/ports.js';

/** A function of a host's own. */
export const twice = defineFunction({
  name: 'twice',
  signature: 'number|twice: number',
  description: 'The number doubled.',
  call: (value) => Number(value) * 2,
});

/** A workflow that calls it, before its action and after it. */
export const doubling = (type: string, config: JsonObject = {}): JsonObject => ({
  name: 'Doubled',
  slug: 'doubled',
  config,
  steps: [
    {
      stepSlug: 'work',
      stepType: 'action',
      config: { type, parameters: { n: '{{input.n|twice}}' } },
      nextSteps: { success: 'show' },
    },
    { stepSlug: 'show', stepType: 'output', config: { mapping: '{{steps.work.output.n|twice}}' } },
  ],
});
