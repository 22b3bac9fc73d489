import { describe, expect, it } from 'vitest';
import { type Layout, type LayoutEdge, type LayoutStep, layout, type PlacedNode } from '../../web-component/layout.js';
import { timeScale } from '../../web-component/time-scale.js';

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

describe('a scale of time', () => {
  it('draws what is busy in proportion', () => {
    const scale = timeScale([{ from: 0, to: 1000 }], 0, 1000);
    expect([scale.at(0), scale.at(250), scale.at(1000), scale.at(5000)]).toEqual([0, 0.25, 1, 1]);
    expect(scale.gaps).toEqual([]);
  });

  it('draws a long pause short, and keeps the order of all moments', () => {
    const day = 86_400_000;
    const scale = timeScale(
      [
        { from: 0, to: 4000 },
        { from: day, to: day + 4000 },
      ],
      0,
      day + 4000,
    );
    expect(scale.gaps).toEqual([{ from: 4000, to: day }]);
    expect(scale.at(4000)).toBeGreaterThan(0.3);
    expect(scale.at(day)).toBeGreaterThan(scale.at(4000));
    expect(scale.at(day / 2)).toBeCloseTo((scale.at(4000) + scale.at(day)) / 2, 2);
    expect(scale.at(day + 4000)).toBe(1);
  });
});
