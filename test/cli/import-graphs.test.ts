import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../../runtime/ports.js';
import { importGenxai } from '../../src/cli/import/genxai.js';

const ids = ['start', 'a', 'b', 'c', 'd', 'l', 'end'] as const;
const types: Readonly<Record<string, string>> = { start: 'input', l: 'loop', end: 'output' };

const edge = fc.record(
  {
    from: fc.constantFrom(...ids),
    to: fc.constantFrom(...ids),
    parallel: fc.boolean(),
    condition: fc.constantFrom('x > 1', 'ready', 'lambda: 1'),
    max_iterations: fc.integer({ min: -1, max: 4 }),
    priority: fc.integer({ min: 0, max: 3 }),
  },
  { requiredKeys: ['from', 'to'] },
);

function workflow(edges: readonly Json[]): Json {
  const nodes = ids.map((id) => ({ id, type: types[id] ?? 'agent' }));
  const agents = ['a', 'b', 'c', 'd'].map((id) => ({ id, role: id }));
  return { workflow: { name: 'Any', agents, graph: { nodes, edges } } };
}

test('whatever the edges of a graph, the import is a definition that can be run, or whose cycle is named', () => {
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 12 }), (edges) => {
      const { definition, issues, notes } = importGenxai(workflow(edges.map((one) => ({ ...one }))));
      expect(definition).toBeDefined();
      const errors = issues.filter(({ severity }) => severity === 'error');
      // A cycle that runs through edges followed together has no counterpart here: it is refused by name.
      const together = notes.some(({ code }) => ['EDGES_TOGETHER', 'BRANCH_NOT_CARRIED'].includes(code));
      const isExcused = (code: string) =>
        code === 'CYCLE_WITHOUT_DECISION' && (together || edges.some((one) => one.parallel));
      expect(errors.filter(({ code }) => !isExcused(code))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('whatever stands in place of a workflow, the import says so and throws nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (value, inner) => {
      const documents = [
        value,
        { workflow: value },
        { workflow: { graph: value } },
        workflow([]),
        { workflow: { agents: inner, graph: { nodes: value, edges: inner } } },
      ];
      for (const document of documents) {
        const { definition, notes } = importGenxai(JSON.parse(JSON.stringify(document)));
        expect(definition !== undefined || notes.some(({ severity }) => severity === 'error')).toBe(true);
      }
    }),
  );
});
