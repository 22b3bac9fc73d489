import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileTemplate } from '../../runtime/template/compile.js';
import { describeBeside } from '../support/beside.js';

/** The core suites of the Mustache specification, and why we part from it where we do. */
const suites = ['comments', 'delimiters', 'interpolation', 'inverted', 'partials', 'sections'];

const parted: Record<string, string> = {
  'HTML Escaping': 'values are never escaped: what is made is no HTML',
  'Implicit Iterators - HTML Escaping': 'values are never escaped: what is made is no HTML',
  'Implicit Iterator - HTML Escaping': 'values are never escaped: what is made is no HTML',
  'Implicit Iterators - Basic Interpolation': 'the root is a scope with secrets in it, not a value to print',
  'Implicit Iterators - Triple Mustache': 'the root is a scope with secrets in it, not a value to print',
  'Implicit Iterators - Ampersand': 'the root is a scope with secrets in it, not a value to print',
  'Implicit Iterators - Basic Integer Interpolation': 'the root is a scope with secrets in it, not a value to print',
  'Implicit Iterator - Root-level': 'the root is a scope with secrets in it, not a list',
};
const refused: Record<string, string> = {
  delimiters: 'delimiters cannot be changed',
  partials: 'there are no partials',
};

interface Case {
  readonly name: string;
  readonly data: unknown;
  readonly template: string;
  readonly expected: string;
}

const folder = new URL('../../../shared/fixtures/mustache-spec/', import.meta.url);
const found = existsSync(folder);

function casesOf(suite: string): Case[] {
  if (!found) return [];
  const { tests }: { tests: Case[] } = JSON.parse(readFileSync(new URL(`${suite}.json`, folder), 'utf8'));
  return tests;
}

function asScope(data: unknown): Record<string, unknown> {
  return typeof data === 'object' && data !== null ? { ...data } : {};
}

/** One tag alone gives the value itself; what the specification expects is its text. */
const text = (value: unknown) => (value === undefined || value === null ? '' : String(value));

describeBeside(found, '../shared/fixtures/mustache-spec', 'the Mustache specification', () => {
  for (const suite of suites) {
    const cases = casesOf(suite);
    const kept = cases.filter(({ name }) => !(suite in refused) && !(name in parted));
    const left = cases.filter((entry) => !kept.includes(entry));

    describe(suite, () => {
      test.each(kept.map((entry) => [entry.name, entry] as const))('%s', (_name, { template, data, expected }) => {
        expect(text(compileTemplate(template).render(asScope(data)))).toBe(expected);
      });

      test.each(left.map((entry) => [entry.name, refused[suite] ?? parted[entry.name], entry] as const))(
        'parted from: %s: %s',
        (_name, reason, { template, data, expected }) => {
          expect(reason).toBeTypeOf('string');
          let actual: string | undefined;
          try {
            actual = text(compileTemplate(template).render(asScope(data)));
          } catch (error) {
            expect(error).toMatchObject({ code: expect.stringMatching(/^(TEMPLATE|EXPRESSION)_INVALID$/) });
          }
          expect(actual).not.toBe(expected);
        },
      );
    });
  }
});
