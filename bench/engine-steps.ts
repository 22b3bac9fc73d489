import { timeInterleaved } from './harness.js';
import { checkHandled } from './order.js';
import { awsLocalStepFunctions } from './peers/aws-local-stepfunctions.js';
import { flowed } from './peers/flowed.js';
import { xstate } from './peers/xstate.js';
import { type Bench, medianOf } from './report.js';
import { chainPlan, runPlan } from './workload.js';

export const engineSteps: Bench = {
  name: 'engine-steps',
  title: 'steps per second of a straight chain of asynchronous steps, in memory',
  notes: [
    'ours keeps the whole journal, with a commit for every effect; aws-local-stepfunctions writes its event log, which goes unread; xstate and flowed keep no history',
    'definitions are compiled, and machines made, before the clock starts; flowed has nothing to make, and reads its specification in each run',
  ],
  async run({ effort, quick }) {
    const steps = quick ? 20 : 1000;
    const plan = chainPlan(steps);
    // A host holds executions; the one that ran last stands for them, and is let go when the next has run.
    let { driver } = await runPlan(plan, steps);
    const ours = {
      name: 'ours',
      units: steps,
      async run() {
        ({ driver } = await runPlan(plan, steps));
        checkHandled(driver.state.output, steps);
      },
    };
    const peers = [awsLocalStepFunctions(steps), flowed(steps), xstate(steps)];
    const timings = await timeInterleaved([ours, ...peers], effort);
    const perSecond = (name: string): number => 1e9 / medianOf(timings, name);
    return [
      {
        name: 'engine-steps',
        ours: perSecond('ours'),
        peers: Object.fromEntries(peers.map(({ name }) => [name, perSecond(name)])),
        unit: 'steps/s',
        better: 'more',
      },
    ];
  },
};
