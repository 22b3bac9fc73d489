import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PatternBudget } from '../../runtime/definition/pattern-budget.js';
import { longestText } from '../../runtime/definition/pattern-cost.js';
import { checkInput, compile, validate } from '../../runtime/index.js';

const ordinary = [
  '^[A-Z]{2}\\d+(-\\d+)*$',
  '^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$',
  '^[a-zA-Z0-9.!#%&+_-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$',
  '^[a-z0-9]+(?:-[a-z0-9]+)*$',
  '^\\+?[0-9 ()-]{7,20}$',
  '^\\+?\\d{1,3}?[-.\\s]?\\(?\\d{1,4}?\\)?[-.\\s]?\\d{1,4}[-.\\s]?\\d{1,9}$',
  '^(?=.*[A-Z])(?=.*\\d)(?=.*[^\\w]).{8,}$',
  '^https?:\\/\\/[^\\s\\/$.?#].[^\\s]*$',
  '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  "^\\p{L}+(?:[ '-]\\p{L}+)*$",
  '^(?<octet>25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}$',
  '^(?:a|b|c|d|e|f|g)+$',
  '^v?\\d+\\.\\d+\\.\\d+(?:-[\\w.]+)?(?:\\+[\\w.]+)?$',
  '^(?:.|\\n)*$',
  '^.*foo.*bar.*$',
  '',
];
const hostile = [
  '(a+)+$',
  '(a|a)*$',
  '(a|ab|b)*$',
  '(a*)*',
  '^(\\w+\\s?)+$',
  '^(\\d+-?)*$',
  '(a?){30}a{30}',
  'a?'.repeat(30) + 'a'.repeat(30),
  '.*.*.*.*x',
  '(.*ab)(.*ab)(.*ab)(.*ab)X',
  '([a-z]|\\p{Script=Tfng}|\\p{Script=Tifinagh})+$',
  '(?:[^a]|\\u{62})+$',
  '^([\\u4e00-\\u9fff]|\\u{4e01})+$',
  '(?:a{1,30}){1,30}$',
  '(a(b?|c?)d)*$',
  '^(?=(a+)+$)',
  '^(a+)\\1+$',
  `${'('.repeat(80)}a${')'.repeat(80)}`,
];

const patternFault = (pattern: string) => new PatternBudget().faultOf(pattern)?.text;

describe('how long a pattern may take', () => {
  it.each(ordinary)('%s is taken', (pattern) => expect(patternFault(pattern)).toBeUndefined());
  it.each(hostile)('%s is not', (pattern) => expect(patternFault(pattern)).toContain('too long'));
  it('tells what is no regular expression', () => expect(patternFault('(')).toBe('is no regular expression'));

  it('limits texts the more the faster the time grows', () => {
    expect(['^a*$', 'a*b', '^.*foo.*bar.*$'].map(longestText)).toEqual([Number.POSITIVE_INFINITY, 10_000, 1000]);
  });

  const steps = [{ stepSlug: 'out', stepType: 'output', config: { mapping: 'x' } }];
  const text = (length: number) => `foo${'x'.repeat(length - 6)}bar`;
  const third = '^.*foo.*bar.*$';

  it.each([
    [4, 1000, third, 0],
    [9, 1000, third, 5],
    [40, 100, third, 0],
    [9, 500, third, 0],
    [50, 5000, '^[a-z]*$', 0],
    [6, 10_000, 'o[a-z]*', 2],
  ])('bounds what %d texts of %d characters take together: %s', (count, length, pattern, refused) => {
    const parameters = Array.from({ length: count }, (_, index) => {
      const parameter = { name: `p${index}`, type: 'string', validation: { pattern } };
      return { ...parameter, default: text(length) };
    });
    const { issues } = validate({ name: 'x', parameters, steps });
    expect(issues.filter(({ message }) => message.includes('too long for its pattern'))).toHaveLength(refused);
    expect(issues).toHaveLength(refused);
    const bare = parameters.map(({ default: _default, ...parameter }) => parameter);
    const given = Object.fromEntries(parameters.map(({ name, default: value }) => [name, value]));
    const checked = checkInput(compile({ name: 'x', parameters: bare, steps }), given);
    expect(checked.ok ? [] : checked.issues).toHaveLength(refused);
    const inSchema = checkInput(
      compile({ name: 'x', inputSchema: { additionalProperties: { pattern } }, steps }),
      given,
    );
    expect(inSchema.ok).toBe(refused === 0);
  });

  it('bounds what the patterns of one document take together, and says so once', () => {
    const optional = (index: number) =>
      Array.from({ length: 400 }, (_, at) => `${String.fromCharCode(0x4e00 + index + at)}?`).join('');
    const listed = Array.from({ length: 2000 }, (_, index) => `^${optional(index)}$`);
    const parameters = listed.slice(0, 1000).map((pattern, index) => {
      return { name: `p${index}`, type: 'string', validation: { pattern } };
    });
    const properties = Object.fromEntries(listed.slice(1000).map((pattern, index) => [`q${index}`, { pattern }]));
    const schema = { type: 'object', properties };
    const ask = {
      stepSlug: 'ask',
      stepType: 'llm',
      config: { systemPrompt: 'x', outputFormat: 'json', outputSchema: schema },
    };
    const { issues } = validate({ name: 'x', parameters, steps: [ask] });
    const codes = issues.map(({ code }) => code);
    expect(codes.at(-1)).toBe('PATTERN_LIMIT');
    expect(codes.filter((code) => code === 'PATTERN_LIMIT')).toHaveLength(1);
    expect(codes.filter((code) => code === 'BAD_PATTERN').length).toBeLessThan(5);
  });

  it('analyses a pattern once, however often it stands there, and has room for many ordinary ones', () => {
    const named = (name: string) => ({ name, type: 'string' });
    const alike = Array.from({ length: 5000 }, (_, index) => ({ ...named(`p${index}`), pattern: ordinary[2] }));
    const others = Array.from({ length: 500 }, (_, index) => ({
      ...named(`q${index}`),
      pattern: `^[a-z]+-\\d{${index}}$`,
    }));
    expect(validate({ name: 'x', parameters: [...alike, ...others], steps }).issues).toEqual([]);
  });

  it('takes nothing that is slow on a text made of its own letters', () => {
    const letter = fc.constantFrom('a', 'b', '[ab]', '.');
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { maxDepth: 4 },
        letter,
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
        fc.tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{0,3}')).map(([a, q]) => `(?:${a})${q}`),
      ),
    }));
    const text = fc.constantFrom('a', 'ab', 'aab', 'b').map((part) => `${part.repeat(40)}!`);
    fc.assert(
      fc.property(pattern, text, (one, hit) => {
        const source = `^(?:${one})$`;
        if (patternFault(source) !== undefined) return;
        const before = performance.now();
        new RegExp(source, 'u').test(hit);
        expect(performance.now() - before).toBeLessThan(500);
      }),
      { numRuns: 1500 },
    );
  });
});
