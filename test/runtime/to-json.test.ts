import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PAYLOAD, toJson } from '../../runtime/to-json.js';

const byText = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null');

describe('plain JSON of what an action returns', () => {
  it('is what writing and reading its text would give', () => {
    const anything = fc.anything({
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSparseArray: true,
    });
    const same = (value: unknown): void => {
      expect(toJson(value).json).toStrictEqual(byText(value));
    };
    fc.assert(fc.property(anything, same));
    fc.assert(fc.property(fc.jsonValue(), same));
  });

  it.each([
    ['a date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    ['undefined members', { a: undefined, b: [undefined, () => 1] }, { b: [null, null] }],
    ['numbers that JSON lacks', [Number.NaN, Number.POSITIVE_INFINITY, -0], [null, null, 0]],
    ['nothing', undefined, null],
    ['its own toJSON', { toJSON: () => 'short' }, 'short'],
    ['an accessor', Object.defineProperty({}, 'a', { enumerable: true, get: () => 1 }), { a: 1 }],
  ])('keeps %s as JSON does', (_what, value, json) => {
    expect(toJson(value).json).toStrictEqual(json);
  });

  it('keeps a member called __proto__ as a member', () => {
    const { json } = toJson(JSON.parse('{"__proto__": {"x": [1]}}'));
    expect(JSON.stringify(json)).toBe('{"__proto__":{"x":[1]}}');
    expect(Object.getPrototypeOf(json)).toBe(Object.prototype);
  });

  it('shares nothing with the value', () => {
    const value = { list: [{ n: 1 }] };
    const { json } = toJson(value);
    value.list[0] = { n: 2 };
    value.list.push({ n: 3 });
    expect(json).toStrictEqual({ list: [{ n: 1 }] });
  });

  it('refuses what JSON cannot hold, and what is too long', () => {
    const cycle: unknown[] = [];
    cycle.push({ cycle });
    const broken = {
      get a(): never {
        throw new Error('no');
      },
    };
    for (const value of [cycle, { n: 1n }, broken]) {
      expect(() => toJson(value)).toThrow(expect.objectContaining({ code: 'OUTPUT_NOT_JSON' }));
    }
    expect(() => toJson(['x'.repeat(MAX_PAYLOAD)])).toThrow(expect.objectContaining({ code: 'PAYLOAD_LIMIT' }));
    // What stands in many places is not written out to find that it is too much: this would take a terabyte.
    const large = { ['k'.repeat(MAX_PAYLOAD / 16)]: 'v'.repeat(MAX_PAYLOAD / 16) };
    const lists = [
      Array.from({ length: 1000 }, () => large),
      Array.from({ length: 1000 }, () => [large, 1, undefined]),
    ];
    expect(() => toJson(Array.from({ length: 1000 }, () => lists))).toThrow(
      expect.objectContaining({ code: 'PAYLOAD_LIMIT' }),
    );
    // Each of these characters takes six in JSON.
    const escaped = '\u0000'.repeat(MAX_PAYLOAD / 6 + 1);
    expect(() => toJson(escaped)).toThrow(expect.objectContaining({ code: 'PAYLOAD_LIMIT' }));
  });
});
