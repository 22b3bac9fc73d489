import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { importGenxai } from '../../src/cli/import/genxai.js';
import { translateCondition, UntranslatableError } from '../../src/cli/import/python-expression.js';
import { parseYaml } from '../../src/cli/import/yaml-source.js';
import { openTerminal } from './support.js';

const refining = `workflow:
  name: Refining
  memory:
    shared: true
  agents:
    - id: writer
      role: Writer
      goal: "Write with {{care}}"
      backstory: A novelist
      llm_model: gpt-4
      llm_temperature: 0.3
      tools: [search]
      behavior: { max_iterations: 5, agent_type: reactive }
    - id: critic
      system_prompt: Judge it.
    - id: idle
      role: Idler
  graph:
    nodes:
      - { id: start, type: input, label: Here }
      - { id: writer, type: agent, task: Write a poem. }
      - { id: critic-1, type: agent, agent: critic }
      - { id: post, type: tool, tool: blog_post, tool_params: { draft: true, title: "{{no template}}" } }
      - { id: end, type: output }
    edges:
      - { from: start, to: writer }
      - { from: writer, to: critic-1 }
      - { from: critic-1, to: writer, condition: "score < 8 and verdict != 'good'", max_iterations: 3 }
      - { from: critic-1, to: post, condition: "verdict in ('good', 'fair')" }
      - { from: critic-1, to: end }
      - { from: post, to: end }
`;

/** The nodes \`a\`, \`b\`…, each an agent, after \`start\` and before \`end\`. */
function graph(edges: string, agents = 'abcdef'): string {
  const each = (text: (id: string) => string) => [...agents].map(text).join('\n');
  return `workflow:
  name: Graph
  agents:
${each((id) => `    - { id: ${id}, role: ${id.toUpperCase()} }`)}
  graph:
    nodes:
      - { id: start, type: input }
${each((id) => `      - { id: ${id}, type: agent }`)}
      - { id: end, type: output }
    edges:
${edges
  .trim()
  .split('\n')
  .map((edge) => `      - { ${edge.trim().replace(/^(\w+) -> (\w+)/, 'from: $1, to: $2')} }`)
  .join('\n')}
`;
}

function imported(yaml: string) {
  const result = importGenxai(parseYaml('test.yaml', yaml).document);
  const steps = result.definition?.steps;
  const list: readonly Record<string, unknown>[] = Array.isArray(steps) ? steps : [];
  return {
    ...result,
    step: (slug: string) => list.find(({ stepSlug }) => stepSlug === slug),
    ways: Object.fromEntries(list.map(({ stepSlug, nextSteps }) => [stepSlug, nextSteps])),
    codes: [...new Set(result.notes.map(({ code }) => code))].sort(),
    errors: result.issues.filter(({ severity }) => severity === 'error').map(({ code }) => code),
  };
}

describe('import', () => {
  test('agents become model steps, a bounded way back a loop, conditions a decision', () => {
    const { step, ways, errors } = imported(refining);
    expect(errors).toEqual([]);
    expect(step('writer')).toMatchObject({
      stepType: 'llm',
      name: 'Writer',
      config: {
        systemPrompt:
          "You are the Writer.\n\nYour goal: Write with {{'\\x7b\\x7b'}}care}}\n\nYour background: A novelist",
        model: 'gpt-4',
        temperature: 0.3,
        tools: ['search'],
        maxToolRounds: 5,
      },
    });
    expect(step('critic_1')).toMatchObject({
      config: { outputFormat: 'json', outputSchema: { required: ['score', 'verdict'] } },
    });
    expect(step('writer_loop')).toMatchObject({
      stepType: 'loop',
      config: {
        while:
          "steps.critic_1.output == null || (steps.critic_1.output.score < 8 && steps.critic_1.output.verdict != 'good')",
        maxIterations: 3,
      },
    });
    expect(ways).toEqual({
      start: { success: 'writer_loop' },
      writer_loop: { next: 'writer', done: 'writer_loop_route' },
      writer: { success: 'critic_1' },
      critic_1: { success: 'writer_loop' },
      writer_loop_route: { true: 'post', false: 'end' },
      post: { success: 'end' },
    });
  });

  test('what is left out or changed is said, each with its line', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('refining.yaml', refining);
    const { code, out, err } = await terminal.call('import', file);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ name: 'Refining' });
    expect(err).toMatch(/^refining\.yaml:4:5: warning: .*shared memory.* \[MEMORY_NOT_CARRIED\]$/m);
    expect(err).toMatch(/^refining\.yaml:13:38: warning: `agent_type` .* \[NOT_CARRIED\]$/m);
    expect(err).toMatch(/^refining\.yaml:16:7: warning: No node uses the agent "idle".* \[AGENT_UNUSED\]$/m);
    expect(err).toMatch(/^refining\.yaml:20:35: warning: `label` .* \[NOT_CARRIED\]$/m);
    expect(err).toMatch(/^refining\.yaml:22:11: warning: .*"critic_1" here.* \[RENAMED\]$/m);
    expect(err).toContain('[BRACES_KEPT]');
    expect(err).toContain('[FIRST_EDGE_ONLY]');
    expect(err).toMatch(/imported with \d+ notes; it can be run\n$/);
  });

  test('the result runs, round by round, and text with braces stays text', async () => {
    const terminal = await openTerminal();
    await terminal.call('import', await terminal.write('refining.yaml', refining), '--out', 'refining.json');
    const stubs = await terminal.write('stubs.json', {
      writer: [{ output: 'One' }, { output: 'Two' }],
      critic_1: [{ output: { score: 3, verdict: 'poor' } }, { output: { score: 9, verdict: 'fair' } }],
      blog_post: { output: 'posted' },
    });
    const { json } = await terminal.callJson('run', 'refining.json', '--stubs', stubs);
    expect(json).toMatchObject({
      status: 'completed',
      output: { writer: 'Two', critic_1: { score: 9, verdict: 'fair' }, post: 'posted' },
    });
    const history = JSON.stringify(json.history);
    expect(history).toContain('Write a poem.');
    expect(history).toContain('Answer of critic-1:\\n{\\"score\\":3,\\"verdict\\":\\"poor\\"}');
    expect(history).toContain('Write with {{care}}');
    expect(history).toContain('"title":"{{no template}}"');
  });

  test('a loop of three rounds ends at its bound', async () => {
    const terminal = await openTerminal();
    await terminal.call('import', await terminal.write('refining.yaml', refining), '--out', 'refining.json');
    const stubs = await terminal.write('stubs.json', { llm: { output: { score: 1, verdict: 'poor' } } });
    const { json } = await terminal.callJson('run', 'refining.json', '--stubs', stubs);
    expect(json).toMatchObject({ status: 'completed', steps: { writer_loop: { output: { iterations: 3 } } } });
  });

  test('parallel edges become branches that come back before they go on', () => {
    const { step, ways, codes, errors } = imported(
      graph(
        `start -> a
        a -> b, parallel: true
        a -> c, parallel: true, condition: "x > 1"
        b -> d
        c -> d
        d -> end`,
        'abcd',
      ),
    );
    expect(errors).toEqual([]);
    expect(codes).not.toContain('EDGES_TOGETHER');
    expect(step('a_parallel')).toMatchObject({ stepType: 'parallel', config: { branches: ['b', 'c'], join: 'all' } });
    expect(ways).toMatchObject({
      a: { success: 'a_parallel' },
      a_parallel: { b: 'b', c: 'c_gate', done: 'd' },
      c_gate: { true: 'c', false: 'a_parallel' },
      b: { success: 'a_parallel' },
      c: { success: 'a_parallel' },
      d: { success: 'end' },
    });
  });

  test('branches inside branches, branches that meet nowhere, and a branch that is no more than the way on', () => {
    const nested = imported(
      graph(`start -> a
        a -> b, parallel: true
        a -> c, parallel: true
        b -> d, parallel: true
        b -> e, parallel: true
        d -> f
        e -> f
        c -> f
        f -> end`),
    );
    expect(nested.ways).toMatchObject({
      a_parallel: { b: 'b', c: 'c', done: 'f' },
      b_parallel: { d: 'd', e: 'e', done: 'a_parallel' },
      d: { success: 'b_parallel' },
      c: { success: 'a_parallel' },
    });
    const apart = imported(graph('start -> a, parallel: true\nstart -> b, parallel: true\na -> end', 'ab'));
    expect(apart.ways).toMatchObject({
      start_parallel: { a: 'a', b: 'b', done: 'end' },
      a: { success: 'start_parallel' },
      b: { success: 'start_parallel' },
    });
    const shortcut = imported(graph('start -> a, parallel: true\nstart -> b, parallel: true\na -> b\nb -> end', 'ab'));
    expect(shortcut.ways).toEqual({ start: { success: 'a' }, a: { success: 'b' }, b: { success: 'end' } });
  });

  test('several conditions are a switch, several edges without one are branches, circles without one are cut', () => {
    const choice = imported(
      graph(`start -> a
        a -> b, condition: "k == 1", priority: 2
        a -> c, condition: "k == 2", priority: 1
        a -> d
        b -> end
        c -> end
        d -> end`),
    );
    expect(choice.step('a_route')).toMatchObject({
      stepType: 'switch',
      config: {
        cases: [
          { when: 'steps.a.output.k == 2', port: 'c' },
          { when: 'steps.a.output.k == 1', port: 'b' },
        ],
      },
      nextSteps: { b: 'b', c: 'c', default: 'd' },
    });
    expect(choice.codes).toContain('FIRST_EDGE_ONLY');
    expect(imported(graph('start -> a\na -> b\na -> c\nb -> end\nc -> end', 'abc')).codes).toContain('EDGES_TOGETHER');
    const circle = imported(graph('start -> a\na -> b\nb -> a\nb -> end', 'ab'));
    expect(circle.codes).toContain('CYCLE_LEFT_OUT');
    expect(circle.errors).toEqual([]);
  });

  test('nodes that are loops, decisions, tools and people', () => {
    const { step, ways, errors, codes } = imported(`workflow:
  name: Nodes
  graph:
    nodes:
      - { id: again, type: loop, config: { condition: done, max_iterations: 4 } }
      - { id: ask, type: human }
      - { id: check, type: decision, config: { condition: "len(answer) > 3" } }
      - { id: note, type: tool, config: { tool_name: note_take } }
      - { id: end, type: output }
    edges:
      - { source: again, target: ask }
      - { source: ask, target: check }
      - { source: check, target: note, condition: "true" }
      - { source: check, target: again, condition: "false" }
      - { source: note, target: again }
      - { source: again, target: end }
`);
    expect(errors).toEqual([]);
    expect(codes).toEqual(['CONDITION_NOT_CARRIED', 'READ_FROM_ANSWER', 'WAITS_FOR_EVENT']);
    expect(step('again')).toMatchObject({ stepType: 'loop', config: { while: 'true', maxIterations: 4 } });
    expect(step('check')).toMatchObject({ config: { expression: 'steps.ask.output.answer|length > 3' } });
    expect(ways).toMatchObject({ again: { next: 'ask', done: 'end' }, check: { true: 'note', false: 'again' } });
  });

  test('the condition of a loop ends it, which is said', () => {
    const { step, notes } = imported(
      graph('start -> a\na -> b\nb -> a\na -> end', 'ab').replace(
        '{ id: a, type: agent }',
        '{ id: a, type: loop, condition: "quality > 0.9" }',
      ),
    );
    expect(notes[0]).toMatchObject({ code: 'ENDS_LOOP', message: expect.stringContaining('what ends the loop') });
    expect(step('a')).toMatchObject({
      config: { while: 'steps.b.output == null || !(steps.b.output.quality > 0.9)', maxIterations: 5 },
    });
  });

  test('merge keys, and texts of numbers and booleans, are what they are in Python', () => {
    const { step, notes } = imported(`workflow:
  name: Merged
  agents:
    - &base { id: a, role: A, llm: gpt-4, temperature: "0.2" }
    - { <<: *base, id: b, role: B }
    - { <<: [*base, { llm: gpt-5, goal: Win }], id: c, max_tokens: " 20" }
  graph:
    nodes: [{ id: a, type: agent }, { id: b, type: agent }, { id: c, type: agent }, { id: end, type: output }]
    edges:
      - { from: a, to: b, data: { parallel: "yes" } }
      - { from: a, to: c, data: { parallel: "True" } }
      - { from: b, to: end }
      - { from: c, to: end }
`);
    expect(notes).toEqual([]);
    expect(step('b')).toMatchObject({ name: 'B', config: { model: 'gpt-4', temperature: 0.2 } });
    const systemPrompt = 'You are the A.\n\nYour goal: Win';
    expect(step('c')).toMatchObject({ config: { model: 'gpt-4', temperature: 0.2, maxTokens: 20, systemPrompt } });
    expect(step('a_parallel')).toMatchObject({ stepType: 'parallel', config: { branches: ['b', 'c'] } });
  });

  test('agents of another file are merged, those inside going first', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write(
      'flow.yaml',
      graph('start -> a\na -> b\nb -> end', 'ab')
        .replace('  agents:\n', '  agents_ref: more.yaml\n  agents:\n')
        .replace('    - { id: b, role: B }\n', ''),
    );
    const more = await terminal.write('more.yaml', 'agents:\n  - { id: a, role: Old }\n  - { id: b, role: Second }\n');
    const { json } = await terminal.callJson('import', file, '--agents', more);
    expect(json.definition).toMatchObject({ steps: [{ stepSlug: 'start' }, { name: 'A' }, { name: 'Second' }] });
    const without = await terminal.callJson('import', file);
    expect(without.json.notes).toMatchObject([{ code: 'AGENTS_ELSEWHERE', line: 3 }, { code: 'AGENTS_ELSEWHERE' }]);
    expect(json.notes).toMatchObject([{ code: 'AGENT_TWICE', line: 5 }]);
  });

  test('another workflow is run with the task, the input and the answers so far', async () => {
    const terminal = await openTerminal();
    const yaml = graph('start -> a\na -> b\nb -> end', 'ab').replace(
      '{ id: b, type: agent }',
      '{ id: b, type: subgraph, config: { workflow_id: "sum {{up}}" } }',
    );
    const { issues, notes } = imported(yaml);
    expect(issues).toEqual([]);
    expect(notes.map(({ code }) => code)).toEqual(['RUNS_ANOTHER', 'BRACES_KEPT', 'AGENT_UNUSED']);
    const file = await terminal.write('it.json', imported(yaml).definition);
    const stubs = await terminal.write('stubs.json', { a: { output: 'A' }, 'sum {{up}}': { output: 'B' } });
    const { json } = await terminal.callJson('run', file, '--stubs', stubs, '--input', '{"task": "T", "x": 1}');
    expect(json).toMatchObject({ status: 'completed', output: { a: 'A', b: 'B' } });
    const input = { task: 'T', input: { task: 'T', x: 1 }, answers: { a: 'A' } };
    expect(json.history).toContainEqual(expect.objectContaining({ parameters: { workflow: 'sum {{up}}', input } }));
  });
});

describe('what cannot be imported', () => {
  test.each([
    ['malformed YAML', 'workflow:\n  name: "x\n', 'MALFORMED_YAML', /^bad\.yaml:\d+:\d+: error/],
    ['a key twice', 'workflow: 1\nworkflow: 2\n', 'MALFORMED_YAML', /^bad\.yaml:2:1: error/],
    ['something else', 'steps: []\n', 'NOT_A_WORKFLOW', /^bad\.yaml:1:1: error.*\n.*newtflow validate/],
    [
      'what is not set in',
      'name: x\ngraph: {}\n',
      'NOT_A_WORKFLOW',
      /^bad\.yaml:1:1: error.*\n {4}Put `workflow:` at the top/,
    ],
    [
      'a node of no type, once, whatever leads to it',
      graph('start -> a\na -> end', 'a').replace('type: agent', 'type: agents'),
      'UNKNOWN_NODE_TYPE',
      /^bad\.yaml:\d+:\d+: error: There is no node of type "agents"\. .*\n {4}.*\n$/,
    ],
    [
      'merges without end',
      `a0: &a0 {k: 1}\n${Array.from({ length: 60 }, (_, i) => `a${i + 1}: &a${i + 1} {<<: [*a${i}, *a${i}]}`).join('\n')}\n`,
      'MALFORMED_YAML',
      /alias/,
    ],
    ['no graph', 'workflow:\n  name: x\n', 'MISSING_FIELD', /^bad\.yaml:1:1: error/],
    ['an edge to nowhere', graph('start -> aa'), 'UNKNOWN_NODE', /^bad\.yaml:\d+:9: error.*"aa".*\n {4}.*`?a`?/],
    [
      'an agent nobody describes',
      graph('start -> a\na -> end', 'a').replace(/ {4}- \{ id: a, role.*\n/, ''),
      'UNKNOWN_AGENT',
      /^bad\.yaml:7:9/,
    ],
    [
      'an unknown type of node',
      graph('start -> a').replace('type: output', 'type: outputt'),
      'UNKNOWN_NODE_TYPE',
      /output/,
    ],
    ['a number that is none', 'workflow: { name: .nan }\n', 'MALFORMED_YAML', /^bad\.yaml:1:19: error/],
    [
      'deep nesting',
      '['.repeat(20_000),
      'MALFORMED_YAML',
      /^bad\.yaml:1:\d+: error: This is nested too deeply\. .*\n$/,
    ],
    ['two documents', 'a: 1\n---\nb: 2\n', 'MALFORMED_YAML', /^bad\.yaml:2:1: error: Another document begins here/],
    [
      'an agent twice',
      graph('start -> a\na -> end', 'aa'),
      'DUPLICATE_AGENT',
      /^bad\.yaml:5:9: error: Another agent .*"a"/m,
    ],
    [
      'aliases without end',
      `a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefgh'].map((key, i) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(', ')}]`).join('\n')}\n`,
      'MALFORMED_YAML',
      /alias/,
    ],
  ])('%s is located', async (_what, yaml, expected, message) => {
    const terminal = await openTerminal();
    const { code, err } = await terminal.call('import', await terminal.write('bad.yaml', yaml));
    expect(code).toBe(2);
    expect(err).toContain(`[${expected}]`);
    expect(err).toMatch(message);
  });

  test('for machines as well', async () => {
    const terminal = await openTerminal();
    const { code, json } = await terminal.callJson('import', await terminal.write('bad.yaml', 'a: [\n'));
    expect(code).toBe(2);
    expect(json).toMatchObject({ error: { code: 'INVALID_FILE', issues: [{ code: 'MALFORMED_YAML', line: 2 }] } });
  });

  test('members named like those of every object are data', () => {
    const { definition } = imported(
      `${graph('start -> a\na -> end', 'a')}  metadata: { __proto__: { polluted: 1 } }\n`,
    );
    expect(JSON.stringify(definition)).toContain('polluted');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('conditions', () => {
  const translate = (text: string) => translateCondition(text, (name) => `s.${name}`, new Set(['state']));

  test.each([
    ["category in ['technical', 'billing']", "s.category in ['technical', 'billing']"],
    ['validation_passed == true', 's.validation_passed == true'],
    ['not (a and b) or c is not None', '!(s.a && s.b) || s.c != null'],
    ['x not in (1, 2,)', '!(s.x in [1, 2])'],
    ['0 < score <= 10', '0 < s.score && s.score <= 10'],
    ['len(items) > 2 and name.lower() == "a\'b"', "s.items|length > 2 && s.name|lower == 'a\\'b'"],
    ["state.score > 1 and state['level'] == 2", 's.score > 1 && s.level == 2'],
    ["state.get('done')", 's.done'],
    ["answer.get('done', False)", "s.answer['done']|default(false)"],
    ['name.startswith("x")', "s.name startsWith 'x'"],
    ['-(a + b) * 2 == c.d[0]', '-(s.a + s.b) * 2 == s.c.d[0]'],
    ["a == '{{secrets.key}}'", "s.a == '\\x7b\\x7bsecrets.key}}'"],
    ['pages // 10 > 2 % x', 's.pages // 10 > 2 % s.x'],
    ['!done && ready || False', '!s.done && s.ready || false'],
  ])('%s', (python, ours) => {
    expect(translate(python)).toBe(ours);
  });

  test.each([
    '',
    'a =',
    'a b',
    'lambda: x',
    'x if y else z',
    'f(x)',
    'a ** 2',
    "__import__('os').system('x')",
    'a; b',
    `${'('.repeat(500)}a`,
  ])('%s has no counterpart', (python) => {
    expect(() => translate(python)).toThrow(UntranslatableError);
  });

  test('one that has none never holds, and is said', () => {
    const { step, codes } = imported(graph('start -> a\na -> b, condition: "lambda x: x"\nb -> end', 'ab'));
    expect(step('a_route')).toMatchObject({ config: { expression: 'false' } });
    expect(codes).toContain('CONDITION_NOT_CARRIED');
  });
});

describe('published workflows', () => {
  test.for([
    ['customer_support', { classify: { output: { category: 'billing' } } }, ['classify', 'support'], ['classify']],
    ['data_pipeline', { validate: { output: { validation_passed: true } } }, ['validate', 'transform'], ['validate']],
    ['shared_memory_workflow', {}, ['writer', 'reviewer'], undefined],
  ] as const)('%s runs, both ways', async ([name, stubs, taken, otherwise], context) => {
    const yaml = fixture(name) ?? context.skip('the folder ../shared/fixtures/genxai is not beside this checkout');
    const terminal = await openTerminal();
    const { code } = await terminal.call('import', await terminal.write('flow.yaml', yaml), '--out', 'flow.json');
    expect(code).toBe(0);
    const answered = async (answers: unknown) => {
      const { json } = await terminal.callJson(
        'run',
        'flow.json',
        '--stubs',
        await terminal.write('stubs.json', answers),
      );
      expect(json.status).toBe('completed');
      return Object.keys(Object(json.output));
    };
    expect(await answered({ llm: { output: 'Done.' }, ...stubs })).toEqual(taken);
    if (otherwise !== undefined)
      expect(await answered({ llm: { output: { category: 'praise', validation_passed: false } } })).toEqual(otherwise);
  });
});

function fixture(name: string): string | undefined {
  const file = fileURLToPath(new URL(`../../../shared/fixtures/genxai/${name}.yaml`, import.meta.url));
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
