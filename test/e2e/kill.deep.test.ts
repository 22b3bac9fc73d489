import { describe, it } from 'vitest';
import { runKilledPage } from './browser-kill.js';
import { momentsOf } from './kills.js';
import { runKilledWorker } from './worker-kill.js';

/** Each a number of moments drawn anew; the same number draws the same ones. */
const samples = (count: number, kills: number): { seed: number; kills: number }[] =>
  Array.from({ length: count }, (_, index) => ({ seed: 100 * kills + index, kills }));

describe('a Worker whose process is killed at moments drawn at random', () => {
  it.each([...samples(20, 1), ...samples(20, 2), ...samples(10, 4)])(
    '$kills times (moments $seed): keeps what it promised',
    ({ seed, kills }) => runKilledWorker(momentsOf(seed, kills)),
  );
});

describe.each(['page', 'browser'] as const)('a run whose %s is killed at moments drawn at random', (victim) => {
  it.each([...samples(10, 1), ...samples(10, 2), ...samples(5, 4)])(
    '$kills times (moments $seed): keeps what it promised',
    ({ seed, kills }) => runKilledPage(momentsOf(seed, kills), victim),
  );
});
