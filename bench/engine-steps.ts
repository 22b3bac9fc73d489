import type { Engine } from './engine.js';
import { type Contender, timeInterleaved } from './harness.js';
import { effectsOf, effectsOnly, type Kind, mixed } from './mix.js';
import { checkHandled, firstOrder, heldOrder, releaseHeld } from './order.js';
import { awsLocalStepFunctions } from './peers/aws-local-stepfunctions.js';
import { flowed } from './peers/flowed.js';
import { xstate } from './peers/xstate.js';
import { type Bench, type BenchSettings, type Measurement, medianOf } from './report.js';
import { mixedPlan, runOn } from './workload.js';

const SAME_FOR_BOTH =
  'ours keeps the whole journal, with a commit for every effect; aws-local-stepfunctions writes its event log, which goes unread; xstate and flowed keep no history';

export const engineSteps: Bench = {
  name: 'engine-steps',
  title: 'steps per second of a straight chain of asynchronous steps, in memory',
  notes: [
    SAME_FOR_BOTH,
    'definitions are compiled, and machines made, before the clock starts; flowed has nothing to make, and reads its specification in each run',
  ],
  async run(settings) {
    const kinds = effectsOnly(settings.quick ? 20 : 1000);
    const peers = [awsLocalStepFunctions(kinds), flowed(kinds.length), xstate(kinds)];
    return [await measured('engine-steps', kinds, peers, settings)];
  },
};

export const engineMix: Bench = {
  name: 'engine-mix',
  title: 'steps per second of the mix of steps that real workflows are made of, in memory',
  notes: [
    SAME_FOR_BOTH,
    'of eight steps five are asynchronous, two decide and one keeps a value, as in the 21 real workflows that the tests run; flowed cannot decide',
  ],
  async run(settings) {
    const kinds = mixed(settings.quick ? 16 : 1000);
    return [await measured('engine-mix', kinds, [awsLocalStepFunctions(kinds), xstate(kinds)], settings)];
  },
};

async function measured(
  name: string,
  kinds: readonly Kind[],
  peers: readonly Engine[],
  { effort }: BenchSettings,
): Promise<Measurement> {
  const contenders = [ours(kinds), ...peers].map((engine) => contender(engine, kinds));
  const timings = await timeInterleaved(contenders, effort);
  releaseHeld();
  const perSecond = (engine: string): number => 1e9 / medianOf(timings, engine);
  return {
    name,
    ours: perSecond('ours'),
    peers: Object.fromEntries(peers.map((peer) => [peer.name, perSecond(peer.name)])),
    unit: 'steps/s',
    better: 'more',
  };
}

/**
 * An engine that has one run under way all the time, as a host has, which waits for an answer: where a collection of garbage
 * finds none, V8 forgets the shapes of all that a run is made of, and the code it has made for them.
 */
function contender(engine: Engine, kinds: readonly Kind[]): Contender {
  void engine.start(heldOrder);
  const times = effectsOf(kinds);
  return {
    name: engine.name,
    units: kinds.length,
    run: async () => checkHandled(await engine.start(firstOrder), times),
  };
}

function ours(kinds: readonly Kind[]): Engine {
  const plan = mixedPlan(kinds);
  return { name: 'ours', start: (order) => runOn(plan, order) };
}
