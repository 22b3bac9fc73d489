import { type Json, type JsonObject, validate } from '../runtime/index.js';
import { type Contender, timeInterleaved } from './harness.js';
import { type Bench, type BenchSettings, type Measurement, medianOf } from './report.js';

/** Steps of one round: what real workflows are mostly made of, no two texts of a definition alike. */
const ROUND = 8;

function round(n: number, next: string): JsonObject[] {
  const [fetch, more, each, ask, sort, store, notify, note] = [
    `fetch_${n}`,
    `more_${n}`,
    `each_${n}`,
    `ask_${n}`,
    `sort_${n}`,
    `store_${n}`,
    `notify_${n}`,
    `note_${n}`,
  ];
  return [
    step(
      fetch,
      'action',
      { success: more, error: note },
      {
        type: 'customer_list',
        parameters: {
          organization: '{{organizationId}}',
          page: n,
          filter: { status: 'active', since: '{{input.since}}' },
        },
        retry: { maxAttempts: 3, initialDelay: 1000, multiplier: 2, maxDelay: 60_000, jitter: 0 },
      },
    ),
    step(
      more,
      'condition',
      { true: each, false: note },
      {
        expression: `steps.${fetch}.output.items|length > ${n} && variables.currentPage < 10`,
      },
    ),
    step(
      each,
      'loop',
      { next: ask, done: note },
      { items: `{{steps.${fetch}.output.items}}`, itemVariable: 'customer' },
    ),
    step(
      ask,
      'llm',
      { success: sort, error: each },
      {
        systemPrompt: 'You judge how likely it is that a customer leaves, and give your reasons in two sentences.',
        userPrompt: `Customer ${n}: {{customer.name}} of {{customer.city}}, last order on {{customer.lastOrder}}.\n{{#customer.notes}}\n- {{.}}\n{{/customer.notes}}`,
        outputFormat: 'json',
      },
    ),
    step(
      sort,
      'switch',
      { high: store, low: notify, default: each },
      {
        cases: [
          { when: `steps.${ask}.output.risk >= 0.${n + 1}`, port: 'high' },
          { when: `steps.${ask}.output.reasons|length == 0 || customer.vip`, port: 'low' },
        ],
      },
    ),
    step(
      store,
      'action',
      { success: notify },
      {
        type: 'set_variables',
        parameters: { variables: [{ name: 'currentPage', value: `{{variables.currentPage + ${n}}}` }] },
      },
    ),
    step(
      notify,
      'action',
      { success: each },
      {
        type: 'email_send',
        parameters: {
          to: '{{customer.email}}',
          subject: `Hello {{customer.name|upper}}, about ${n}`,
          body: `We have seen {{loop.index + 1}} of {{loop.items|length}}.\nReason: {{steps.${ask}.output.reasons[0]}}`,
          tags: ['retention', `round-${n}`],
        },
        timeout: 30_000,
      },
    ),
    step(
      note,
      'action',
      { success: next },
      {
        type: 'audit_log',
        parameters: { round: n, message: `Round ${n} is over for {{organizationId}}`, at: '{{now}}' },
      },
    ),
  ];
}

function step(stepSlug: string, stepType: string, nextSteps: JsonObject, config: JsonObject): JsonObject {
  return { stepSlug, name: `Step ${stepSlug}`, stepType, config, nextSteps };
}

/** The text of a definition without fault or warning, of at least as many steps as asked for. */
function definitionText(steps: number): string {
  const rounds = Math.ceil(steps / ROUND);
  const all: Json[] = [];
  for (let n = 0; n < rounds; n++) all.push(...round(n, n === rounds - 1 ? 'end' : `fetch_${n + 1}`));
  return JSON.stringify({
    name: 'Watch customers',
    version: '1.0.0',
    parameters: [{ name: 'since', type: 'date', required: true }],
    config: { timeout: 3_600_000, variables: { currentPage: 1 } },
    steps: all,
  });
}

export const definition: Bench = {
  name: 'definition',
  title: 'a definition read, validated and compiled, per step',
  notes: [
    'ours: JSON.parse, validate, the plan it gives and the hash of that plan; peer: JSON.parse of the same text alone',
  ],
  async run(settings) {
    const sizes = settings.quick ? [16, 160] : [1000, 10_000];
    const measured: Measurement[] = [];
    for (const size of sizes) measured.push(...(await measure(size, settings)));
    return measured;
  },
};

async function measure(size: number, { effort }: BenchSettings): Promise<Measurement[]> {
  const text = definitionText(size);
  const contender = (name: string, run: () => void): Contender => ({ name, units: size, run });
  const timings = await timeInterleaved(
    [
      contender('both', () => {
        const result = validate(JSON.parse(text));
        if (!result.ok || result.issues.length > 0) throw new Error(`Not valid: ${JSON.stringify(result.issues[0])}`);
        if (result.plan.hash.length !== 64) throw new Error('The plan has no hash');
      }),
      contender('parse', () => {
        const parsed: unknown = JSON.parse(text);
        if (typeof parsed !== 'object') throw new Error('The text is no object');
      }),
    ],
    effort,
  );
  const peers = { 'JSON.parse': medianOf(timings, 'parse') };
  return [{ name: `definition-${size}`, ours: medianOf(timings, 'both'), peers, unit: 'ns', better: 'less' }];
}
