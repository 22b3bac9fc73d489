import { describe, it } from 'vitest';
import { carriedAnywhere, survivesEachCut } from '../support/generated-runs.js';
import { withIndexedDb } from './cut-off.js';

describe('a generated workflow in IndexedDB', () => {
  it('that is killed at each of its writes comes to an end that its journal bears out', () =>
    survivesEachCut(300, withIndexedDb));
  it('that is carried to another database at any point, paused on the way or not, comes to the same', () =>
    carriedAnywhere(300, withIndexedDb));
});
