import { describe, it } from 'vitest';
import { runKilledPage } from './browser-kill.js';
import { momentsOf } from './kills.js';
import { runKilledWorker } from './worker-kill.js';

// A sample of kill.deep.test.ts, which has many more moments.

describe('a Worker whose process is killed twice on the way', () => {
  it.each([1, 2])('keeps what it promised (moments %i)', (seed) => runKilledWorker(momentsOf(seed, 2)));
});

describe.each(['page', 'browser'] as const)('a run whose %s is killed twice on the way', (victim) => {
  it('keeps what it promised', () => runKilledPage(momentsOf(3, 2), victim));
});
