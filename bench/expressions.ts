import { isDeepStrictEqual } from 'node:util';
import { compileExpression } from '../runtime/index.js';
import { type Contender, timeInterleaved } from './harness.js';
import { jexlEvaluator } from './peers/jexl.js';
import { type Bench, type BenchSettings, type Measurement, medianOf } from './report.js';

/** Of the kinds that workflows in production are made of: conditions, choices, and lists made into others. */
const sources = {
  comparison: 'steps.fetch.output.data.pagination.hasNextPage == true && currentPage < maxPages',
  length: 'steps.fetch.output.data.messages|length > 0',
  fallback: 'steps.page.output.data.title || websiteDomain',
  choice:
    "steps.mail.output.data.vendor == 'gmail' ? '[Gmail]/Sent Mail' : (steps.mail.output.data.vendor == 'outlook' ? 'Sent Items' : 'Sent')",
  filter: "products[.price > 20]|map('name')|join(', ')",
  lookup: "products|find('id', loop.item.productId).name + ' for ' + customer.name|upper",
} as const;

const scope = {
  currentPage: 3,
  maxPages: 10,
  websiteDomain: 'example.com',
  customer: { name: 'Ada Lovelace', email: 'ada@example.com' },
  loop: { index: 4, item: { productId: 'p7', confidence: 0.8 } },
  products: Array.from({ length: 10 }, (_, index) => ({
    id: `p${index}`,
    name: `Product ${index}`,
    price: index * 5,
    category: 'tea',
  })),
  steps: {
    fetch: { output: { data: { pagination: { hasNextPage: true, cursor: 'abc' }, messages: [{ id: 1 }, { id: 2 }] } } },
    page: { output: { data: { url: 'https://example.com', title: null } } },
    mail: { output: { data: { vendor: 'outlook' } } },
  },
};

export const expressions: Bench = {
  name: 'expression',
  title: 'evaluating an expression that was compiled before',
  notes: [
    'expression-mean: geometric mean of the six',
    'ours counts fuel, reads own properties only and checks what leaves; jexl does none of that',
    'expr-eval, filtrex, cel-js, json-logic-js and jsonata are not compared yet',
  ],
  async run(settings) {
    const each: Measurement[] = [];
    for (const [name, source] of Object.entries(sources))
      each.push(await compare(`expression-${name}`, source, settings));
    const mean: Measurement = {
      name: 'expression-mean',
      ours: geometricMean(each.map(({ ours }) => ours)),
      peers: { jexl: geometricMean(each.map(({ peers }) => peers.jexl ?? Number.NaN)) },
      unit: 'ns',
      better: 'less',
    };
    return [...each, mean];
  },
};

async function compare(name: string, source: string, { effort, quick }: BenchSettings): Promise<Measurement> {
  const compiled = compileExpression(source);
  const jexl = jexlEvaluator(source);
  const [ours, theirs] = [compiled.evaluate(scope), jexl(scope)];
  if (!isDeepStrictEqual(ours, theirs)) {
    throw new Error(`${source}: ours gives ${JSON.stringify(ours)}, jexl ${JSON.stringify(theirs)}`);
  }
  const times = quick ? 10 : 10_000;
  const timings = await timeInterleaved(
    [repeated('ours', times, () => compiled.evaluate(scope)), repeated('jexl', times, () => jexl(scope))],
    { ...effort, warmUpMs: effort.warmUpMs / 3 },
  );
  return {
    name,
    ours: medianOf(timings, 'ours'),
    peers: { jexl: medianOf(timings, 'jexl') },
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

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
