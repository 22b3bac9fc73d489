import { it } from 'vitest';
import { inMemory } from '../support/crash.js';
import { survivesEachCut } from '../support/generated-runs.js';

it('a generated workflow that is killed at each of its writes comes to an end that its journal bears out', () =>
  survivesEachCut(60, (work) => work(inMemory())));
