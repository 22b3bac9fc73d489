import { describe, it } from 'vitest';
import type { WithStorage } from '../support/cut-off.js';
import { carriedAnywhere, survivesEachCut } from '../support/generated-runs.js';
import { withSqlite } from './cut-off.js';
import { storeInObject } from './in-object.js';

/** From one object nothing can be done in another: the runs are driven outside of both, and each call is made in its own. */
const fromOutside: WithStorage = (work) => {
  const { store } = storeInObject();
  return work(() => store);
};

describe('a generated workflow on SQLite', () => {
  it('that is killed at each of its writes comes to an end that its journal bears out', () =>
    survivesEachCut(300, withSqlite));
  it('that is carried to another object at any point, paused on the way or not, comes to the same', () =>
    carriedAnywhere(200, fromOutside));
});
