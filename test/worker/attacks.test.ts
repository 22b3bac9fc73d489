/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, it } from 'vitest';
import { generatesCode, ownAttacks } from '../support/attacks.js';
import { type Corpus, corpusAttacks } from '../support/attacks-corpus.js';
import { type Attack, carryOut } from '../support/attacks-watch.js';
import { describeBeside } from '../support/beside.js';

/** Read when the tests are built; there is none where it does not lie beside this checkout. */
const files = import.meta.glob<Corpus>('../../../shared/security/attack-corpus.json', {
  eager: true,
  import: 'default',
});
const published = Object.values(files).flatMap((corpus) => corpusAttacks(corpus));

const tried = (attacks: readonly Attack[]): (readonly [string, Attack])[] =>
  attacks.map((attack) => [attack.id, attack]);

it('is tried where no code can be made of text', () => expect(generatesCode()).toBe(false));

describeBeside(published.length > 0, '../shared/security/attack-corpus.json', 'published attacks in workerd', () => {
  it.each(tried(published))('%s', async (_, attack) => expect((await carryOut(attack)).hits).toEqual([]));
});

describe('attacks of our own in workerd', () => {
  it.each(tried(ownAttacks()))('%s', async (_, attack) => expect((await carryOut(attack)).hits).toEqual([]), 30_000);
});
