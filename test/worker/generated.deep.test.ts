import { describe, it } from 'vitest';
import { carriedAnywhere, survivesEachCut } from '../support/generated-runs.js';
import { withSqlite } from './cut-off.js';

describe('a generated workflow on SQLite', () => {
  it('that is killed at each of its writes comes to an end that its journal bears out', () =>
    survivesEachCut(300, withSqlite));
  it('that is carried to another object at any point, paused on the way or not, comes to the same', () =>
    carriedAnywhere(300, withSqlite));
});
