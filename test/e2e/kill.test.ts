import { describe, it } from 'vitest';
import { runKilledPage } from './browser-kill.js';
import { momentsOf } from './kills.js';
import { runKilledWorker } from './worker-kill.js';

// A sample of kill.deep.test.ts, which has many more moments.
const seeds = [1, 2];

describe('a Worker whose process is killed twice on the way', () => {
  it.each(seeds)('keeps what it promised (moments %i)', (seed) => runKilledWorker(momentsOf(seed, 2)));
});

describe.each(['page', 'browser'] as const)('a run whose %s is killed twice on the way', (victim) => {
  it.each(seeds)('keeps what it promised (moments %i)', (seed) => runKilledPage(momentsOf(seed, 2), victim));
});
