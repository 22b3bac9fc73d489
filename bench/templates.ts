import { compileTemplate } from '../runtime/index.js';
import { repeated } from './expressions.js';
import { timeInterleaved } from './harness.js';
import { mustacheRenderer } from './peers/mustache.js';
import { type Bench, medianOf } from './report.js';

const text = `Dear {{customer.name}},

thank you for your order {{order.id}} of {{order.date}}. It holds:
{{#order.lines}}
- {{quantity}} x {{product}} at {{price}} EUR
{{/order.lines}}
{{^order.paid}}
Please pay {{order.total}} EUR by {{order.due}}.
{{/order.paid}}

Your {{shop.name}} team, {{shop.email}}
`;

const scope = {
  customer: { name: 'Ada Lovelace' },
  shop: { name: 'Newt & Co', email: 'shop@example.com' },
  order: {
    id: 'order-42',
    date: '2026-01-01',
    due: '2026-01-15',
    total: 129.5,
    paid: false,
    lines: [
      { quantity: 2, product: 'Tea', price: 12.5 },
      { quantity: 1, product: 'Kettle', price: 64.5 },
      { quantity: 4, product: 'Cup', price: 10 },
    ],
  },
};

export const templates: Bench = {
  name: 'template',
  title: 'rendering a text of twelve tags and two sections, compiled before',
  notes: ['mustache alone, its template parsed before and its HTML escaping off'],
  async run({ effort, quick }) {
    const compiled = compileTemplate(text);
    const mustache = mustacheRenderer(text);
    const [ours, theirs] = [compiled.render(scope), mustache(scope)];
    if (ours !== theirs) throw new Error(`Ours renders ${JSON.stringify(ours)}, mustache ${JSON.stringify(theirs)}`);
    const times = quick ? 10 : 1000;
    const timings = await timeInterleaved(
      [repeated('ours', times, () => compiled.render(scope)), repeated('mustache', times, () => mustache(scope))],
      effort,
    );
    return [
      {
        name: 'template',
        ours: medianOf(timings, 'ours'),
        peers: { mustache: medianOf(timings, 'mustache') },
        unit: 'ns',
        better: 'less',
      },
    ];
  },
};
