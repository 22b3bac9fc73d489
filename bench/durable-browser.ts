import { findChromium } from '../test/support/chromium.mjs';
import { BrowserLab } from './browser-lab.js';
import { median } from './harness.js';
import type { Bench } from './report.js';

export const durableBrowser: Bench = {
  name: 'durable-step-browser',
  title: 'a durable step in Chromium',
  notes: [
    'a chain of steps answered at once, from its start to its end, in an IndexedDB store; timed in the page',
    'transaction: what the same chain writes, each write put as one value into one store, in one transaction with strict durability',
  ],
  async run({ effort, quick }) {
    if (findChromium() === undefined) {
      console.error('durable-step-browser is left out: there is no Chromium.');
      return [];
    }
    const steps = quick ? 5 : 100;
    const lab = await BrowserLab.start();
    try {
      await lab.ours(steps);
      await lab.transactions(steps);
      const ours: number[] = [];
      const bare: number[] = [];
      for (let round = 0; round < effort.rounds; round++) {
        if (round % 2 === 0) ours.push(await lab.ours(steps));
        bare.push(await lab.transactions(steps));
        if (round % 2 === 1) ours.push(await lab.ours(steps));
      }
      const peers = { transaction: median(bare) * 1000 };
      return [{ name: 'durable-step-browser', ours: median(ours) * 1000, peers, unit: 'µs', better: 'less' }];
    } finally {
      await lab.dispose();
    }
  },
};
