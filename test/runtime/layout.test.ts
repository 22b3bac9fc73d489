import { describe, expect, it } from 'vitest';
import { type Layout, type LayoutEdge, type LayoutStep, layout, type PlacedNode } from '../../runtime/tooling.js';

const step = (slug: string, type = 'action', ...enclosing: string[]): LayoutStep => ({ slug, type, enclosing });
const edge = (from: string, port: string, to: string | null): LayoutEdge => ({ from, port, to });

function node(drawn: Layout, id: string): PlacedNode {
  const found = drawn.nodes.find((each) => each.id === id);
  if (found === undefined) throw new Error(`no node ${id}`);
  return found;
}

function overlaps(drawn: Layout): string[] {
  const found: string[] = [];
  drawn.nodes.forEach((a, index) => {
    for (const b of drawn.nodes.slice(index + 1)) {
      const apart = Math.abs(a.x - b.x) >= (a.width + b.width) / 2 || a.y >= b.y + b.height || b.y >= a.y + a.height;
      if (!apart) found.push(`${a.id} ${b.id}`);
    }
  });
  return found;
}

const inside = (drawn: Layout): boolean =>
  drawn.nodes.every(
    ({ x, y, width, height }) =>
      x - width / 2 >= 0 && x + width / 2 <= drawn.width && y >= 0 && y + height <= drawn.height,
  );

describe('a layout', () => {
  it('puts true left, false right, and what follows both beneath', () => {
    const drawn = layout(
      [step('if', 'condition'), step('yes'), step('no'), step('after')],
      [
        edge('if', 'false', 'no'),
        edge('if', 'true', 'yes'),
        edge('yes', 'success', 'after'),
        edge('no', 'success', 'after'),
      ],
      'if',
    );
    expect(node(drawn, 'yes').x).toBeLessThan(node(drawn, 'no').x);
    expect(node(drawn, 'after').x).toBe(node(drawn, 'if').x);
    expect(node(drawn, 'after').y).toBeGreaterThan(node(drawn, 'no').y);
  });

  it('keeps a chain straight and puts its shared error step to the right', () => {
    const steps = [step('a'), step('b'), step('c'), step('broken')];
    const chain = [edge('a', 'success', 'b'), edge('b', 'success', 'c'), edge('c', 'success', null)];
    const errors = ['a', 'b', 'c'].map((slug) => edge(slug, 'error', 'broken'));
    const drawn = layout(steps, [...chain, ...errors], 'a');
    expect(new Set(['a', 'b', 'c'].map((slug) => node(drawn, slug).x)).size).toBe(1);
    expect(node(drawn, 'broken').x).toBeGreaterThan(node(drawn, 'a').x + node(drawn, 'a').width);
    expect(overlaps(drawn)).toEqual([]);
  });

  it('frames a loop’s body, draws its return apart, and puts what follows beneath the body', () => {
    const drawn = layout(
      [step('each', 'loop'), step('one', 'action', 'each'), step('two', 'action', 'each'), step('after')],
      [
        edge('each', 'next', 'one'),
        edge('one', 'success', 'two'),
        edge('two', 'success', 'each'),
        edge('each', 'done', 'after'),
      ],
      'each',
    );
    const [frame] = drawn.loops;
    expect(frame).toMatchObject({ slug: 'each', depth: 0 });
    for (const slug of ['one', 'two']) {
      const { x, y, width, height } = node(drawn, slug);
      expect(x - width / 2).toBeGreaterThan(frame?.x ?? 0);
      expect(y + height).toBeLessThan((frame?.y ?? 0) + (frame?.height ?? 0));
    }
    expect(node(drawn, 'after').y).toBeGreaterThan((frame?.y ?? 0) + (frame?.height ?? 0));
    expect(drawn.edges.filter((each) => each.back).map((each) => [each.from, each.to])).toEqual([['two', 'each']]);
  });

  it('stands branches side by side in a frame, in their order, and has them meet at its lower edge', () => {
    const fork: LayoutStep = { ...step('fork', 'parallel'), branches: ['error', 'b', 'a'] };
    const drawn = layout(
      [
        fork,
        step('one', 'action', 'fork'),
        step('two', 'action', 'fork'),
        step('more', 'action', 'fork'),
        step('three', 'action', 'fork'),
        step('after'),
      ],
      [
        edge('fork', 'error', 'one'),
        edge('fork', 'b', 'two'),
        edge('fork', 'a', 'three'),
        edge('one', 'success', 'fork'),
        edge('two', 'success', 'more'),
        edge('more', 'success', 'fork'),
        edge('three', 'success', 'fork'),
        edge('fork', 'done', 'after'),
      ],
      'fork',
    );
    const [frame] = drawn.loops;
    const low = (frame?.y ?? 0) + (frame?.height ?? 0);
    const [one, two, three, after] = ['one', 'two', 'three', 'after'].map((id) => node(drawn, id));
    // Whatever the branches are called.
    expect(new Set([one?.y, two?.y, three?.y]).size).toBe(1);
    expect(one?.x).toBeLessThan(two?.x ?? 0);
    expect(two?.x).toBeLessThan(three?.x ?? 0);
    expect(node(drawn, 'fork').x).toBe(two?.x);
    expect(after?.y).toBeGreaterThan(low);
    expect(frame?.join?.from).toBeLessThan(one?.x ?? 0);
    expect(frame?.join?.to).toBeGreaterThan(three?.x ?? 0);
    for (const from of ['one', 'more', 'three']) {
      const way = drawn.edges.find((each) => each.from === from && each.to === 'fork');
      expect(way?.back).toBe(false);
      expect(way?.path).toBe(
        `M${node(drawn, from).x} ${node(drawn, from).y + node(drawn, from).height}L${node(drawn, from).x} ${low}`,
      );
    }
    const done = drawn.edges.find((each) => each.ports.includes('done'));
    expect(done?.path).toMatch(new RegExp(`^M${after?.x} ${low}L`));
    expect(done?.labelAt.y).toBe((low + (after?.y ?? 0)) / 2);
    expect(overlaps(drawn)).toEqual([]);
    expect(inside(drawn)).toBe(true);
  });

  it('leads past what stands beneath a step, where a branch ends at it', () => {
    const drawn = layout(
      [
        { ...step('fork', 'parallel'), branches: ['a'] },
        step('if', 'condition', 'fork'),
        step('yes', 'action', 'fork'),
      ],
      [
        edge('fork', 'a', 'if'),
        edge('if', 'true', 'yes'),
        edge('if', 'false', 'fork'),
        edge('yes', 'success', 'fork'),
        edge('fork', 'done', null),
      ],
      'fork',
    );
    const yes = node(drawn, 'yes');
    const way = drawn.edges.find((each) => each.from === 'if' && each.to === 'fork');
    const x = Number(/L(\d+(?:\.\d+)?) [\d.]+$/.exec(way?.path ?? '')?.[1]);
    expect(x).toBeGreaterThan(yes.x + yes.width / 2);
    expect(inside(drawn)).toBe(true);
  });

  it('lets a way that passes rows go down the column of the step it leads to', () => {
    const drawn = layout(
      [step('if', 'condition'), step('ask'), step('note'), step('other'), step('pay')],
      [
        edge('if', 'true', 'pay'),
        edge('if', 'false', 'ask'),
        edge('ask', 'success', 'note'),
        edge('ask', 'rejected', 'other'),
        edge('note', 'success', 'pay'),
        edge('other', 'success', null),
      ],
      'if',
    );
    const way = drawn.edges.find((each) => each.from === 'if' && each.to === 'pay');
    const pay = node(drawn, 'pay');
    for (const id of ['ask', 'note', 'other']) {
      const { x, width } = node(drawn, id);
      expect(Math.abs(pay.x - x)).toBeGreaterThan(width / 2);
    }
    expect(way?.labelAt.x).toBe(pay.x);
  });

  it('draws ways that share both ends once, with all their ports', () => {
    const drawn = layout([step('a'), step('b')], [edge('a', 'success', 'b'), edge('a', 'error', 'b')], 'a');
    expect(drawn.edges.map((each) => each.ports)).toEqual([['success', 'error']]);
  });

  it('takes steps that nothing leads to, and ways back to any step', () => {
    const drawn = layout(
      [step('a'), step('more', 'condition'), step('lost')],
      [edge('a', 'success', 'more'), edge('more', 'true', 'a'), edge('more', 'false', null)],
      'a',
    );
    expect(drawn.edges.filter((each) => each.back)).toHaveLength(1);
    expect(overlaps(drawn)).toEqual([]);
    expect(inside(drawn)).toBe(true);
  });

  it('lays out 200 steps without overlaps, the same each time, in little time', () => {
    const steps: LayoutStep[] = [];
    const edges: LayoutEdge[] = [];
    for (let group = 0; group < 40; group += 1) {
      const name = (part: string): string => `${part}${group}`;
      steps.push(step(name('loop'), 'loop'), step(name('if'), 'condition', name('loop')));
      steps.push(
        ...['yes', 'no', 'call'].map((part) => step(name(part), 'action', ...(part === 'call' ? [] : [name('loop')]))),
      );
      edges.push(
        edge(name('loop'), 'next', name('if')),
        edge(name('if'), 'true', name('yes')),
        edge(name('if'), 'false', name('no')),
      );
      edges.push(edge(name('yes'), 'success', name('loop')), edge(name('no'), 'success', name('loop')));
      edges.push(
        edge(name('loop'), 'done', name('call')),
        edge(name('call'), 'success', group < 39 ? `loop${group + 1}` : null),
      );
    }
    const started = performance.now();
    const drawn = layout(steps, edges, 'loop0');
    const took = performance.now() - started;
    expect(drawn.nodes).toHaveLength(201);
    expect(overlaps(drawn)).toEqual([]);
    expect(inside(drawn)).toBe(true);
    expect(layout(steps, edges, 'loop0')).toEqual(drawn);
    expect(took).toBeLessThan(200);
  });
});
