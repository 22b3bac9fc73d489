import { describe, expect, it } from 'vitest';
import { testWorkflow } from '../../runtime/testing.js';

const document = {
  name: 'Wait',
  steps: [
    { stepSlug: 'wait', stepType: 'wait', config: { until: '{{input.due}}' }, nextSteps: { success: 'show' } },
    { stepSlug: 'show', stepType: 'output', config: { mapping: '{{now}}' } },
  ],
};
const now = '2026-12-01T00:00:00Z';

describe('a time that is worked out while a workflow runs', () => {
  it.each([
    ['2026-12-24T18:00:00Z', '2026-12-24T18:00:00.000Z'],
    ['2026-12-24T18:00+01:00', '2026-12-24T17:00:00.000Z'],
    ['2026-12-24', '2026-12-24T00:00:00.000Z'],
    [1798135200000.5, '2026-12-24T18:00:00.001Z'],
  ])('%j is the same on every host', async (due, at) => {
    const { status, output } = await (await testWorkflow(document, { now, input: { due } })).finish();
    expect({ status, output }).toEqual({ status: 'completed', output: at });
  });

  // `Date.parse` reads these in the zone of the machine, or as each engine likes.
  it.each(['2026-12-24 18:00', '2026-12-24T18:00', '12/24/2026', '24 Dec 2026', '2026', 'Z', '', ['2026-12-24'], null])(
    '%j is none, as it would be another one on another host',
    async (due) => {
      const { status, error } = await (await testWorkflow(document, { now, input: { due } })).finish();
      expect({ status, code: error?.code }).toEqual({ status: 'failed', code: 'WAIT_INVALID' });
    },
  );
});
