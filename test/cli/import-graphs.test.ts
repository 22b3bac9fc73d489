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

/** The nodes `n0`, `n1`… in the order of the list, and the edges that it names. */
function large(kinds: readonly string[], edges: readonly Json[]): Json {
  const nodes = kinds.map((type, index) => ({ id: `n${index}`, type }));
  const agents = nodes.filter(({ type }) => type === 'agent').map(({ id }) => ({ id, role: id }));
  return { workflow: { name: 'Large', agents, graph: { nodes, edges } } };
}

const errorsOf = (document: Json) => importGenxai(document).issues.filter(({ severity }) => severity === 'error');

// To look at all of the graph for each pair of its nodes would take minutes, not the time that a test has.
test('a chain of thousands of nodes is imported, each agent told of every answer before it', () => {
  const kinds = Array.from({ length: 3000 }, (_, index) => (index % 10 === 9 ? 'agent' : 'tool'));
  const edges = kinds.slice(1).map((_, index) => ({ from: `n${index}`, to: `n${index + 1}` }));
  const { definition, issues } = importGenxai(large(kinds, edges));
  const steps = definition?.steps;
  expect(issues).toEqual([]);
  expect(steps).toHaveLength(3001);
  const last: unknown = Array.isArray(steps) ? steps.at(-1) : undefined;
  expect(last).toMatchObject({ stepSlug: 'n2999', stepType: 'llm' });
  for (const answer of ['n0', 'n1500', 'n2998']) {
    expect(JSON.stringify(last)).toContain(`Answer of ${answer}:\\n{{steps.${answer}.output}}`);
  }
});

test('a thousand divisions one after the other, and hundreds of ways back, are imported', () => {
  const divided = Array.from({ length: 900 }, (_, index) => 3 * index).flatMap((at) => [
    ...[1, 2].map((branch) => ({ from: `n${at}`, to: `n${at + branch}`, parallel: true })),
    ...[1, 2].map((branch) => ({ from: `n${at + branch}`, to: `n${at + 3}` })),
  ]);
  const kinds = (length: number): string[] => Array.from({ length }, () => 'tool');
  expect(errorsOf(large(kinds(2701), divided))).toEqual([]);
  const back = Array.from({ length: 300 }, (_, index) => 3 * index).flatMap((at) => [
    ...[0, 1, 2].map((step) => ({ from: `n${at + step}`, to: `n${at + step + 1}` })),
    { from: `n${at + 2}`, to: `n${at}`, condition: 'again', max_iterations: 3 },
  ]);
  expect(errorsOf(large(kinds(901), back))).toEqual([]);
});
