import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { definition } from './definition.js';
import { durableBrowser } from './durable-browser.js';
import { durableWorkerd } from './durable-workerd.js';
import { engineGrowth } from './engine-growth.js';
import { engineMix, engineSteps } from './engine-steps.js';
import { expressions } from './expressions.js';
import { recovery } from './recovery.js';
import { type Bench, type BenchSettings, type Measurement, toJsonReport, toText } from './report.js';
import { templates } from './templates.js';

const benches: readonly Bench[] = [
  engineSteps,
  engineMix,
  engineGrowth,
  recovery,
  durableWorkerd,
  durableBrowser,
  expressions,
  templates,
  definition,
];
const options = readOptions();
if (options !== undefined) await runChosen(options);

interface Options {
  readonly json?: boolean | undefined;
  readonly only?: string | undefined;
  readonly quick?: boolean | undefined;
}

function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: { json: { type: 'boolean' }, only: { type: 'string' }, quick: { type: 'boolean' } },
    });
    return values;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error('Use: npm run bench -- [--json] [--only NAME] [--quick]');
    process.exitCode = 2;
    return undefined;
  }
}

async function runChosen({ json = false, only = '', quick = false }: Options): Promise<void> {
  const named = benches.filter(({ name }) => name === only);
  const chosen = named.length > 0 ? named : benches.filter(({ name }) => name.startsWith(only));
  if (chosen.length === 0) {
    console.error(`No benchmark is named ${only}; there are ${benches.map(({ name }) => name).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  if (chosen.length > 1) {
    runApart(chosen, { json, quick });
    return;
  }
  const effort = quick ? { warmUpMs: 1, sampleMs: 1, rounds: 3 } : { warmUpMs: 1500, sampleMs: 100, rounds: 15 };
  const settings: BenchSettings = { quick, effort };
  const all: Measurement[] = [];
  if (!json) console.log(`\nNode ${process.version}, ${process.platform} ${process.arch}, medians of ${effort.rounds}`);
  for (const bench of chosen) {
    const measurements = await bench.run(settings);
    all.push(...measurements);
    if (!json) print(bench, measurements);
  }
  if (json) console.log(toJsonReport(all));
}

/**
 * Each in a process of its own: what V8 has learned of our code in one benchmark would be held against us in the next, while
 * each peer is in one alone.
 */
function runApart(chosen: readonly Bench[], { json, quick }: Options): void {
  const reports: object[] = [];
  for (const { name } of chosen) {
    const options = ['--only', name, ...(json === true ? ['--json'] : []), ...(quick === true ? ['--quick'] : [])];
    const [script = ''] = process.argv.slice(1);
    const { status, stdout } = spawnSync(process.execPath, [...process.execArgv, script, ...options], {
      stdio: ['ignore', json === true ? 'pipe' : 'inherit', 'inherit'],
      encoding: 'utf8',
    });
    if (status !== 0) {
      console.error(`The benchmark ${name} failed`);
      process.exitCode = 1;
      return;
    }
    if (json === true) reports.push(JSON.parse(stdout));
  }
  if (json === true) console.log(JSON.stringify(Object.assign({}, ...reports), null, 2));
}

function print(bench: Bench, measurements: readonly Measurement[]): void {
  console.log(`\n${bench.name}: ${bench.title}`);
  console.log(toText(measurements));
  for (const note of bench.notes) console.log(`  (${note})`);
}
