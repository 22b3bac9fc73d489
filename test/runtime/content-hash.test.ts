import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { canonicalJson } from '../../runtime/canonical.js';
import { contentHash } from '../../runtime/definition/content-hash.js';
import type { Json } from '../../runtime/index.js';

/** By the text, and by another implementation of SHA-256. */
function hashOfText(value: Json): string {
  return createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
}

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '"', '\\', '\n', '\u007f', 'é', '\ud800'),
);
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom(null, true, false),
    fc.array(tie('value')),
    fc.dictionary(text, tie('value')),
  ),
})).value;

it('is that of the canonical text, whatever the value', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(contentHash(value)).toBe(hashOfText(value));
    }),
    { numRuns: 2000 },
  );
});

test.each<[string, Json]>([
  ['nothing', {}],
  ['names whose order is not that of insertion', { b: 1, a: 2, '10': 3, '9': 4, é: 5, B: 6 }],
  ['a text that just fits the buffer', ['x'.repeat(16_381), 'y']],
  ['a text that fills it', 'x'.repeat(16_382)],
  ['texts longer than the buffer', ['x'.repeat(16_383), 'é'.repeat(40_000), '\n'.repeat(10_000)]],
  [
    'more than the buffer holds',
    Array.from({ length: 5000 }, (_, index) => ({ index, name: `step_${index}`, at: index / 3 })),
  ],
  ['numbers at their ends', [-0, 1e21, 1e-7, Number.MAX_VALUE, Number.MIN_VALUE]],
])('is that of the canonical text: %s', (_name, value) => {
  expect(contentHash(value)).toBe(hashOfText(value));
});
