import { type Contender, timeInterleaved } from './harness.js';
import { type Bench, medianOf } from './report.js';
import { WorkerdLab } from './workerd-lab.js';

/** About what one commit of the chain writes, in characters: two events and the summary. */
const WRITTEN = 900;

export const durableWorkerd: Bench = {
  name: 'durable-step-workerd',
  title: 'a durable step in workerd, all in one Miniflare',
  notes: [
    'a chain of steps answered at once, from its start to its end, in an execution object on SQLite; step.do: the same chain in Cloudflare Workflows',
    'write: one row of about the same size, on the disk before the next is written: the floor for whoever waits for the disk at each step',
    'durable-step-workerd: the action waits for nothing, so that the disk may take several commits at once; -synced: each action waits until its start is on the disk',
  ],
  async run({ effort, quick }) {
    const steps = quick ? 5 : 100;
    const lab = await WorkerdLab.start();
    const contender = (name: string, work: string): Contender => ({
      name,
      units: steps,
      run: () => lab.ask(work, { id: `${work}-${lab.newId()}`, steps, length: WRITTEN }),
    });
    try {
      const timings = await timeInterleaved(
        [
          contender('ours', 'ours'),
          contender('synced', 'ours-synced'),
          contender('step.do', 'workflow'),
          contender('write', 'writes'),
        ],
        effort,
      );
      const micros = (name: string): number => medianOf(timings, name) / 1000;
      const peers = { 'step.do': micros('step.do'), write: micros('write') };
      return [
        { name: 'durable-step-workerd', ours: micros('ours'), peers, unit: 'µs', better: 'less' },
        { name: 'durable-step-workerd-synced', ours: micros('synced'), peers, unit: 'µs', better: 'less' },
      ];
    } finally {
      await lab.dispose();
    }
  },
};
