import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findChromium } from '../support/chromium.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the benchmarks with sizes that only show that they work: no time is looked at here. */
function bench(...options: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, ['bench/run.mjs', '--quick', ...options], { cwd: root });
}

// Each run bundles what it measures, and starts a workerd and a browser for it.
describe('npm run bench', { timeout: 180_000 }, () => {
  it('prints one JSON object of the promised shape, and nothing else', async () => {
    const { stdout } = await bench('--json');
    const report: Record<string, unknown> = JSON.parse(stdout);
    const peers = (...names: string[]) => Object.fromEntries(names.map((name) => [name, expect.any(Number)]));
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining([
        'engine-steps',
        'engine-mix',
        'engine-growth-chain-time',
        'engine-growth-loop-memory',
        'recovery-memory-growth',
        'recovery-sqlite-growth',
        'template',
      ]),
    );
    for (const entry of Object.values(report)) {
      expect(entry).toEqual({ ours: expect.any(Number), peers: expect.any(Object), unit: expect.any(String) });
    }
    expect(report['engine-steps']).toEqual({
      ours: expect.any(Number),
      peers: peers('aws-local-stepfunctions', 'flowed', 'xstate'),
      unit: 'steps/s',
    });
    for (const name of ['durable-step-workerd', 'durable-step-workerd-synced']) {
      expect(report[name]).toMatchObject({ peers: peers('step.do', 'write'), unit: 'µs' });
    }
    // Where there is no Chromium the command says so, and leaves this one out.
    if (findChromium() !== undefined) {
      expect(report['durable-step-browser']).toMatchObject({ peers: peers('transaction'), unit: 'µs' });
    } else expect(report).not.toHaveProperty('durable-step-browser');
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
