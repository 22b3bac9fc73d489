import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the benchmarks with sizes that only show that they work: no time is looked at here. */
function bench(...options: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, ['bench/run.mjs', '--quick', ...options], { cwd: root });
}

describe('npm run bench', () => {
  it('prints one JSON object of the promised shape, and nothing else', { timeout: 60_000 }, async () => {
    const { stdout } = await bench('--json');
    const report: Record<string, unknown> = JSON.parse(stdout);
    const peers = (...names: string[]) => Object.fromEntries(names.map((name) => [name, expect.any(Number)]));
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining(['engine-steps', 'engine-growth-chain-time', 'engine-growth-loop-memory', 'template']),
    );
    for (const entry of Object.values(report)) {
      expect(entry).toEqual({ ours: expect.any(Number), peers: expect.any(Object), unit: expect.any(String) });
    }
    expect(report['engine-steps']).toEqual({
      ours: expect.any(Number),
      peers: peers('aws-local-stepfunctions', 'xstate'),
      unit: 'steps/s',
    });
    expect(report['expression-mean']).toMatchObject({ peers: peers('jexl'), unit: 'ns' });
    expect(report.template).toMatchObject({ peers: peers('mustache'), unit: 'ns' });
  });

  it('runs the ones asked for, and shows how many times as good ours is', async () => {
    const { stdout } = await bench('--only', 'template');
    expect(stdout).toMatch(/template +ours [\d,.]+ ns \| mustache [\d,.]+ \(ours is [\d.]+ times as good\)/);
    expect(stdout).not.toContain('engine-steps');
  });

  it.each([['--only', 'nothing-of-the-kind'], ['--jsno']])('refuses %s', async (...options) => {
    await expect(bench(...options)).rejects.toMatchObject({ code: 2, stdout: '' });
  });
});
