import { isDeepStrictEqual } from 'node:util';
import { compileExpression } from '../runtime/index.js';
import { type Case, cases, scope } from './expression-sources.js';
import { type Contender, timeInterleaved } from './harness.js';
import { celEvaluator } from './peers/cel.js';
import { exprEvalEvaluator } from './peers/expr-eval.js';
import { filtrexEvaluator } from './peers/filtrex.js';
import { jexlEvaluator } from './peers/jexl.js';
import { jsonLogicEvaluator } from './peers/json-logic.js';
import { jsonataEvaluator } from './peers/jsonata.js';
import { type Bench, type BenchSettings, type Measurement, medianOf } from './report.js';

type Evaluate = (context: object) => unknown;

export const expressions: Bench = {
  name: 'expression',
  title: 'evaluating an expression that was compiled before',
  notes: [
    'expression-mean: geometric mean of the six, beside each peer that can say all of them',
    'expression-mean-filtrex: of the five that filtrex can say, which knows no filter over a list of objects',
    'find, upper and the like are plain functions of the host wherever a language lacks them; with us they are built in',
    'ours counts fuel, reads own properties only and checks what leaves; filtrex and cel-js read own properties only, too',
    'jsonata gives a promise, which is awaited; filtrex generates code, which a strict CSP forbids',
  ],
  async run(settings) {
    const each: Measurement[] = [];
    for (const [name, sources] of Object.entries<Case>(cases)) {
      each.push(await compare(`expression-${name}`, sources, settings));
    }
    const all = [...new Set(each.flatMap(({ peers }) => Object.keys(peers)))];
    const ofAll = all.filter((peer) => each.every(({ peers }) => peers[peer] !== undefined));
    const ofSome = all.filter((peer) => !ofAll.includes(peer));
    return [
      ...each,
      mean('expression-mean', each, ofAll),
      ...ofSome.map((peer) => {
        const both = each.filter(({ peers }) => peers[peer] !== undefined);
        return mean(`expression-mean-${peer}`, both, [peer]);
      }),
    ];
  },
};

function evaluators(sources: Case): ReadonlyMap<string, Evaluate> {
  const compiled = compileExpression(sources.ours);
  const found = new Map<string, Evaluate>([
    ['ours', () => compiled.evaluate(scope)],
    ['jexl', jexlEvaluator(sources.jexl)],
    ['expr-eval', exprEvalEvaluator(sources.exprEval)],
    ['cel-js', celEvaluator(sources.cel)],
    ['json-logic-js', jsonLogicEvaluator(sources.jsonLogic)],
    ['jsonata', jsonataEvaluator(sources.jsonata)],
  ]);
  if (sources.filtrex !== undefined) found.set('filtrex', filtrexEvaluator(sources.filtrex));
  return found;
}

async function compare(name: string, sources: Case, { effort, quick }: BenchSettings): Promise<Measurement> {
  const times = quick ? 10 : 10_000;
  const contenders: Contender[] = [];
  const expected = compileExpression(sources.ours).evaluate(scope);
  for (const [who, evaluate] of evaluators(sources)) {
    const given = evaluate(scope);
    const value = await given;
    if (!isDeepStrictEqual(value, expected)) {
      throw new Error(`${sources.ours}: ours gives ${JSON.stringify(expected)}, ${who} ${String(value)}`);
    }
    const awaited = given instanceof Promise;
    contenders.push(
      awaited ? repeatedAwaiting(who, times / 10, evaluate) : repeated(who, times, () => evaluate(scope)),
    );
  }
  const timings = await timeInterleaved(contenders, { ...effort, warmUpMs: effort.warmUpMs / 3 });
  const peers = contenders.filter((contender) => contender.name !== 'ours');
  return {
    name,
    ours: medianOf(timings, 'ours'),
    peers: Object.fromEntries(peers.map((peer) => [peer.name, medianOf(timings, peer.name)])),
    unit: 'ns',
    better: 'less',
  };
}

/** Work too short to be timed alone; its last value is looked at, so that none of it can be left out. */
export function repeated(name: string, times: number, work: () => unknown): Contender {
  return {
    name,
    units: times,
    run() {
      let last: unknown;
      for (let count = 0; count < times; count++) last = work();
      if (last === undefined) throw new Error(`${name} gave nothing`);
    },
  };
}

function repeatedAwaiting(name: string, times: number, evaluate: Evaluate): Contender {
  return {
    name,
    units: times,
    async run() {
      let last: unknown;
      for (let count = 0; count < times; count++) last = await evaluate(scope);
      if (last === undefined) throw new Error(`${name} gave nothing`);
    },
  };
}

function mean(name: string, measurements: readonly Measurement[], peers: readonly string[]): Measurement {
  const of = (read: (measurement: Measurement) => number | undefined) =>
    geometricMean(measurements.map((measurement) => read(measurement) ?? Number.NaN));
  return {
    name,
    ours: of(({ ours }) => ours),
    peers: Object.fromEntries(peers.map((peer) => [peer, of((measurement) => measurement.peers[peer])])),
    unit: 'ns',
    better: 'less',
  };
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
