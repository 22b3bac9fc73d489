import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AttackReport, ownAttacks } from '../support/attacks.js';
import { attackScript, corpus } from '../support/attacks-bundle.js';
import { corpusAttacks } from '../support/attacks-corpus.js';
import { describeBeside } from '../support/beside.js';

/** What a Node that makes no code of text came to. */
let report: AttackReport;
beforeAll(async () => {
  const script = await attackScript('console.log(JSON.stringify(report));');
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-'];
  const { stdout, stderr } = spawnSync(process.execPath, flags, {
    input: script,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  expect(stderr).toBe('');
  report = JSON.parse(stdout);
}, 180_000);

const hitsOf = (id: string) => report.results.find((result) => result.id === id)?.hits;

it('is tried where no code can be made of text', () => expect(report.generatesCode).toBe(false));

describeBeside(corpus !== null, '../shared/security/attack-corpus.json', 'published attacks in Node', () => {
  const ids = corpus === null ? [] : corpusAttacks(corpus).map(({ id }) => id);
  it.each(ids)('%s', (id) => expect(hitsOf(id)).toEqual([]));
});

describe('attacks of our own in Node', () => {
  it.each(ownAttacks().map(({ id }) => id))('%s', (id) => expect(hitsOf(id)).toEqual([]));
});
