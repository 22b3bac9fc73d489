import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../runtime/index.js';
import { stepNames, toSvg } from '../../runtime/tooling.js';

const flow = (steps: readonly object[], rest: object = {}) => compile({ name: 'Flow', ...rest, steps });
const act = (stepSlug: string, name: string, nextSteps: object = {}): object => ({
  ...{ stepSlug, name, stepType: 'action', config: { type: 'do_it' }, nextSteps },
});

/** The texts and tags of an XML document; throws for what is not well-formed, in the part of XML that pictures use. */
function read(xml: string): { readonly texts: readonly string[]; readonly tags: readonly string[] } {
  const texts: string[] = [];
  const tags: string[] = [];
  const open: string[] = [];
  const pattern =
    /<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="(?:[^<&"]|&(?:amp|lt|gt|quot|#39);)*")*)(\/?)>|((?:[^<&]|&(?:amp|lt|gt|quot|#39);)+)/uy;
  while (pattern.lastIndex < xml.length) {
    const at = pattern.lastIndex;
    const [, closing, tag = '', , empty, text = ''] = pattern.exec(xml) ?? [];
    if (pattern.lastIndex === 0) throw new Error(`Not XML at ${at}: ${xml.slice(at, at + 60)}`);
    if (tag === '') texts.push(unescaped(text));
    else if (closing === '/') expect(open.pop()).toBe(tag);
    else {
      tags.push(tag);
      if (empty !== '/') open.push(tag);
    }
  }
  expect(open).toEqual([]);
  return { texts: texts.filter((text) => text.trim() !== ''), tags };
}

function unescaped(text: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replace(/&([^;]+);/g, (whole, name: string) => entities[name] ?? whole);
}

describe('the SVG of a plan', () => {
  it('shows each step with its name, its type and what it does, and the ports between them', () => {
    const plan = flow(
      [
        {
          stepSlug: 'each',
          stepType: 'loop',
          config: { items: '{{input.rows}}' },
          nextSteps: { next: 'if', done: 'end' },
        },
        {
          stepSlug: 'if',
          name: 'Is it odd?',
          stepType: 'condition',
          config: { expression: '{{loop.item}} % 2 == 1' },
          nextSteps: { true: 'get', false: 'each' },
        },
        {
          ...{ stepSlug: 'get', stepType: 'action', nextSteps: { success: 'each', error: 'oops' } },
          config: { type: 'customer', parameters: { operation: 'get_by_id' } },
        },
        { stepSlug: 'oops', stepType: 'fail', config: { code: 'ODD', message: 'no' } },
        {
          stepSlug: 'tell',
          name: 'Tell somebody',
          stepType: 'action',
          config: { type: 'set_variables', parameters: { told: true } },
        },
      ],
      { config: { onError: 'tell' } },
    );
    const svg = toSvg(plan);
    const { texts, tags } = read(svg);
    expect(tags[0]).toBe('svg');
    for (const shown of ['Is it odd?', 'loop.item % 2 == 1', 'customer.get_by_id', 'input.rows', 'ODD', 'Variables'])
      expect(texts).toContain(shown);
    for (const port of ['next', 'done', 'true', 'false', 'error', 'on error']) expect(texts).toContain(port);
    expect(texts).not.toContain('success');
    // Told apart without colours too: an icon for each, and the type by name in its title.
    expect(svg.match(/class="icon"/g)).toHaveLength(plan.order.length);
    expect(texts).toContain(`Is it odd?\nif: ${stepNames.condition}, loop.item % 2 == 1`);
    expect(svg).toContain('class="frame"');
    expect(toSvg(plan)).toBe(svg);
  });

  it('draws every type of step, with a colour for a light and for a dark ground', () => {
    const config: Record<string, object> = {
      ...{
        action: { type: 'do_it' },
        set_variables: { type: 'set_variables', parameters: { a: 1 } },
        llm: { systemPrompt: 'hi' },
      },
      ...{ condition: { expression: 'true' }, switch: { value: '"a"' }, loop: { items: [1] }, wait: { for: '2h' } },
      ...{ parallel: { branches: ['a'] }, wait_for_event: { event: 'paid' }, approval: { title: 'May it?' } },
      ...{ workflow: { workflow: 'other' }, output: { mapping: 1 }, fail: { code: 'NO', message: 'no' } },
    };
    for (const [type, shown] of Object.entries(stepNames)) {
      const ports = type === 'parallel' ? { a: 'last' } : type === 'switch' ? { a: 'last' } : {};
      const svg = toSvg(
        flow([
          {
            stepSlug: 'it',
            stepType: type === 'set_variables' ? 'action' : type,
            config: config[type] ?? {},
            nextSteps: ports,
          },
          act('last', 'L'),
        ]),
      );
      expect(read(svg).texts.some((text) => text.includes(shown))).toBe(true);
      expect(svg).toContain(`.newtflow .${type} .tile{fill:#`);
    }
  });

  it('breaks a long name between words, and cuts one that is longer still', () => {
    const { texts } = read(toSvg(flow([act('a', 'Generate product recommendations'), act('b', 'x'.repeat(500))])));
    expect(texts).toContain('Generate product');
    expect(texts).toContain('recommendations');
    expect(texts.filter((text) => /^x+$/.test(text)).join('')).toHaveLength(60);
    expect(texts.find((text) => text.endsWith('b: Action, do_it'))).toHaveLength(517);
  });

  it.each([
    ['markup', '</title><script>alert(1)</script><img src=x onerror=alert(1)>'],
    ['entities and quotes', `&amp; &#60; " ' ]]> <!-- --> <![CDATA[ <?xml ?>`],
    ['an end of a style sheet', '</style><style>*{display:none}'],
  ])('reads %s in names, ports and expressions as text', (_, hostile) => {
    const plan = flow([
      {
        stepSlug: 'a',
        name: hostile,
        stepType: 'switch',
        config: { value: JSON.stringify(hostile) },
        nextSteps: { [hostile]: 'b' },
      },
      act('b', hostile),
    ]);
    const { texts, tags } = read(toSvg(plan));
    expect(tags.filter((tag) => !plain.includes(tag))).toEqual([]);
    expect(texts.join('\n')).toContain(hostile.replace(/\s+/g, ' ').slice(0, 30));
  });

  it('holds nothing that XML may not hold, and nothing that turns the reading direction', () => {
    const name = 'a\u0000b\u001bc\ud800d\u202ee\u2066f\uffffg\u{1f98e}';
    const svg = toSvg(flow([act('a', name)], { name }));
    expect(svg.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\ufffe\uffff\u2028-\u202e\u2066-\u2069]/u);
    expect(read(svg).texts).toContain('a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\ufffdg\u{1f98e}');
  });

  it('is well-formed whatever names and ports are', () => {
    const sign = fc.oneof(
      fc.constantFrom('<', '>', '&', '"', "'", ']', '!', '-', '/', ' ', '\n', '\0'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    );
    const text = fc.array(sign, { minLength: 1, maxLength: 60 }).map((signs) => signs.join(''));
    fc.assert(
      fc.property(text, text, text, (name, port, value) => {
        const plan = flow([
          {
            stepSlug: 'a',
            name,
            stepType: 'switch',
            config: { value: JSON.stringify(value) },
            nextSteps: { [`p${port}`]: 'b', default: 'b' },
          },
          act('b', port),
        ]);
        expect(read(toSvg(plan)).tags.filter((tag) => !plain.includes(tag))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

/** Every element that a picture of steps and ways is made of. */
const plain = [
  ...['svg', 'title', 'style', 'defs', 'marker', 'path', 'linearGradient', 'stop', 'mask', 'rect', 'text', 'g'],
  'circle',
];
