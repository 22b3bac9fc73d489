/** Where executions are carried: workflows, how they come to the point, and how they go on from it. */
import type { JournalEvent, JsonObject } from '../../runtime/index.js';
import { holds, type Mark } from '../support/carry-page-api.js';
import type { World } from './browser-world.js';
import type { CarryHost } from './carry-hosts.js';

/** Done at a host to an execution, in order. Each but the last waits for what it makes happen. */
export type Act =
  | { readonly reach: Mark }
  | { readonly signal: string; readonly data?: JsonObject }
  | { readonly approve: string }
  /** So many effects of this execution have been asked for. */
  | { readonly asked: number };

/** As the Worker's one key is called; elsewhere whoever decides says who decides. */
const DECIDER = 'development';

export interface Point {
  readonly name: string;
  /** Of a point in time, the workflow that waits so many milliseconds. */
  readonly document: JsonObject | ((wait: number) => JsonObject);
  /** Of a point in time, what tells that it is past. */
  readonly until?: Mark;
  /** Up to where it is carried. */
  readonly before: readonly Act[];
  readonly after: readonly Act[];
  /** Calls of the effect in all, each its own attempt of its own key. */
  readonly calls: number;
  /** An attempt is cut off and made again, under the same key, which shows in the history. */
  readonly repeats?: boolean;
}

const work = (stepSlug: string, part: string | number, next: string, more: JsonObject = {}): JsonObject => ({
  ...{ stepSlug, stepType: 'action', nextSteps: { success: next } },
  config: { type: 'work', parameters: { part, ...more } },
});
const hear = (stepSlug: string, config: JsonObject, next: string): JsonObject => ({
  ...{ stepSlug, stepType: 'wait_for_event', config, nextSteps: { success: next, timeout: 'end' } },
});
const show: JsonObject = { stepSlug: 'show', stepType: 'output', config: { mapping: '{{steps.last.output}}' } };
const reach = (type: Mark['type'], step?: string, times = 1): Act => ({
  reach: { type, times, ...(step === undefined ? {} : { step }) },
});

/** An effect in each round, and between them a wait for the word to go on. */
function roundsOf(items: readonly number[]): JsonObject {
  return {
    name: 'Rounds',
    steps: [
      {
        ...{ stepSlug: 'each', stepType: 'loop', nextSteps: { next: 'do', done: 'last' } },
        config: { items: [...items], collect: '{{steps.do.output.done}}' },
      },
      work('do', '{{loop.item}}', 'hear'),
      hear('hear', { event: 'go' }, 'each'),
      work('last', 9, 'show'),
      show,
    ],
  };
}

/** Two rounds at a time; each waits for a word of its own before its effect. */
const together: JsonObject = {
  name: 'Together',
  steps: [
    {
      ...{ stepSlug: 'each', stepType: 'loop', nextSteps: { next: 'hear', done: 'last' } },
      config: { items: [1, 2, 3, 4], concurrency: 2, collect: '{{steps.do.output.done}}' },
    },
    hear('hear', { event: 'go', match: 'event.item == loop.item' }, 'do'),
    work('do', '{{loop.item}}', 'each'),
    work('last', 9, 'show'),
    show,
  ],
};
const goFor = (item: number, done: number): Act[] => [
  { signal: 'go', data: { item } },
  reach('step_succeeded', 'do', done),
];

const timer = (wait: number): JsonObject => ({
  name: 'Timer',
  steps: [
    work('first', 1, 'rest'),
    { stepSlug: 'rest', stepType: 'wait', config: { for: wait }, nextSteps: { success: 'last' } },
    work('last', 2, 'show'),
    show,
  ],
});
const event: JsonObject = {
  name: 'Event',
  steps: [
    work('first', 1, 'hear'),
    hear('hear', { event: 'go', timeout: '1h' }, 'last'),
    work('last', 2, 'show'),
    show,
  ],
};
const branches: JsonObject = {
  name: 'Branches',
  steps: [
    {
      ...{ stepSlug: 'fork', stepType: 'parallel', config: { branches: ['left', 'right'] } },
      nextSteps: { left: 'l', right: 'r', done: 'last' },
    },
    hear('l', { event: 'left' }, 'lwork'),
    hear('r', { event: 'right' }, 'rwork'),
    work('lwork', 1, 'fork'),
    work('rwork', 2, 'fork'),
    work('last', 3, 'show'),
    show,
  ],
};
const approval: JsonObject = {
  name: 'Approval',
  steps: [
    work('first', 1, 'ask'),
    {
      ...{ stepSlug: 'ask', stepType: 'approval', config: { title: 'Go on?' } },
      nextSteps: { approved: 'last', rejected: 'end' },
    },
    work('last', 2, 'show'),
    show,
  ],
};
const retry = (wait: number): JsonObject => ({
  name: 'Retry',
  steps: [
    {
      ...{ stepSlug: 'first', stepType: 'action', nextSteps: { success: 'last' } },
      config: {
        ...{ type: 'work', parameters: { part: 1, first: 'busy' } },
        retry: { maxAttempts: 3, initialDelay: wait, jitter: 0 },
      },
    },
    work('last', 2, 'show'),
    show,
  ],
});
const underWay: JsonObject = {
  name: 'Under way',
  steps: [work('first', 1, 'last', { first: 'silent' }), work('last', 2, 'show'), show],
};

/** How long points in time last, in milliseconds: the first where the machine is quick enough. */
export const WAITS: readonly number[] = [700, 1400, 2800, 5600, 11_200];

export function documentOf({ document }: Point, wait: number): JsonObject {
  return typeof document === 'function' ? document(wait) : document;
}

export function passed({ until }: Point, events: readonly JournalEvent[]): boolean {
  return until !== undefined && holds(events, until);
}

export const points: readonly Point[] = [
  {
    name: 'in the middle of a loop',
    document: roundsOf([1, 2, 3]),
    before: [reach('step_started', 'hear'), { signal: 'go' }, reach('step_started', 'hear', 2)],
    after: [{ signal: 'go' }, reach('step_started', 'hear', 3), { signal: 'go' }],
    calls: 4,
  },
  {
    name: 'in the middle of a loop of which two rounds run at a time',
    document: together,
    before: [reach('step_started', 'hear', 2), ...goFor(2, 1), reach('step_started', 'hear', 3)],
    after: [...goFor(3, 2), ...goFor(4, 3), ...goFor(1, 4)],
    calls: 5,
  },
  {
    name: 'in the middle of a wait',
    document: timer,
    until: { type: 'timer_fired' },
    before: [reach('timer_set', 'rest')],
    after: [],
    calls: 2,
  },
  {
    name: 'while it waits for an event',
    document: event,
    before: [reach('step_started', 'hear')],
    after: [{ signal: 'go' }],
    calls: 2,
  },
  {
    name: 'in the middle of a parallel',
    document: branches,
    before: [reach('step_started', 'r'), { signal: 'right' }, reach('branch_ended')],
    after: [{ signal: 'left' }],
    calls: 3,
  },
  {
    name: 'with an approval pending',
    document: approval,
    before: [reach('step_started', 'ask')],
    after: [{ approve: 'ask' }],
    calls: 2,
  },
  {
    name: 'with a retry due',
    document: retry,
    until: { type: 'step_started', step: 'first', times: 2 },
    before: [reach('step_failed', 'first')],
    after: [],
    calls: 3,
  },
  {
    name: 'with an effect under way',
    document: underWay,
    before: [{ asked: 1 }],
    after: [],
    calls: 3,
    repeats: true,
  },
];

/** Five rounds, each with a place to be carried at. */
export const chain: JsonObject = roundsOf([1, 2, 3, 4, 5]);

export async function perform(world: World, host: CarryHost, id: string, acts: readonly Act[]): Promise<void> {
  for (const act of acts) {
    if ('reach' in act) await host.reached(id, act.reach);
    else if ('asked' in act) await world.asked(act.asked, ({ key }) => key.startsWith(`${id}/`));
    else if ('signal' in act) await host.signal(id, act.signal, act.data ?? null);
    else await host.decide(id, await activationOf(host, id, act.approve), { decision: 'approved', by: DECIDER });
  }
}

async function activationOf(host: CarryHost, id: string, step: string): Promise<number> {
  for (const event of await host.history(id)) {
    if (event.type === 'step_started' && event.step === step) return event.activation;
  }
  throw new Error(`"${step}" was not visited`);
}
