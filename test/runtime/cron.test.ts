import { CronPattern } from 'croner';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cronProblem } from '../../runtime/definition/cron.js';

/** Whether croner, which reckons with it on the Worker, takes an expression. */
function isTaken(cron: string): boolean {
  try {
    new CronPattern(cron);
    return true;
  } catch {
    return false;
  }
}

const right = [
  '0 9 * * *',
  '*/15 * * * *',
  '*/60 */24 */31 */12 */7',
  '0 9 * * 1-5',
  '0 9 * * MON-FRI',
  '30 6 1,15 jan,Jul *',
  '0 0 * * fri-sun',
  '0 0 * * 5-7',
  '0 12 ? * mon',
  '0 0 L * *',
  '0 0 15,L * *',
  '0 0 LW * *',
  '0 0 15W * *',
  '0 0 * * friL',
  '0 0 * * 1#2,3#L',
  '0 0 1 * +MON',
  '10-40/10 8-18 * * *',
  '0 30 9 * * *',
  '0 30 9 * * * 2026-2030',
  ' 05  4 * * * ',
  '@daily',
  '@Hourly ',
];
const wrong = [
  '',
  'every day',
  '0 9 * *',
  '0 9 * * * * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * 32 * *',
  '* * * 13 *',
  '* * * * 8',
  '5-1 * * * *',
  '*/0 * * * *',
  '*/61 * * * *',
  '* * * * */8',
  '5/10 * * * *',
  '/5 * * * *',
  '1,,2 * * * *',
  '* * * * monday',
  '* * * * 1#6',
  '15W * * * *',
  '* * W * *',
  '* * * * L',
  '* * * * +',
  '@reboot',
  '@noon',
  '* * * foo *',
];

describe('a cron expression', () => {
  it.each(right)('%s is one, here and on the Worker', (cron) => {
    expect(cronProblem(cron)).toBeUndefined();
    expect(isTaken(cron)).toBe(true);
  });

  it.each(wrong)('%s is none, here or there', (cron) => {
    expect(cronProblem(cron)).toBeTypeOf('string');
    expect(isTaken(cron)).toBe(false);
  });

  it('says which part is wrong', () => {
    expect(cronProblem('0 25 * * *')).toBe('"25" is no hour, which is a number from 0 to 23.');
  });

  it('has no range that leads too far, though croner looks only at where its steps arrive', () => {
    expect(cronProblem('0 2-31/15 * * *')).toBe('"2-31/15" is no hour, which is a number from 0 to 23.');
    expect(isTaken('0 2-31/15 * * *')).toBe(true);
  });

  const number = fc.integer({ min: 0, max: 70 }).map(String);
  const entry = fc.oneof(
    fc.constantFrom('*', '?'),
    number,
    fc.tuple(number, number).map((ends) => ends.join('-')),
    fc.tuple(fc.constantFrom('*', '1-5', '0-59', '2-23'), number).map((parts) => parts.join('/')),
  );
  const name = fc.constantFrom(
    'mon',
    'sun',
    'fri-sun',
    'jan',
    'feb-may',
    'L',
    'LW',
    '3W',
    '5L',
    'sunL',
    '1#3',
    '2-4#1',
  );
  const odd = fc.constantFrom(
    '',
    '-',
    '/',
    '#',
    'w',
    'l',
    '+',
    '**',
    '5*',
    '1-',
    '-1',
    '1/2',
    '1-2-3',
    '1/2/3',
    'x',
    '1.5',
  );
  const list = (part: fc.Arbitrary<string>) =>
    fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(','));
  const expression = (part: fc.Arbitrary<string>) =>
    fc.array(part, { minLength: 4, maxLength: 8 }).map((parts) => parts.join(' '));

  it('is taken where and only where croner takes it, if it is made of numbers, ranges and steps', () => {
    fc.assert(
      fc.property(expression(list(entry)), (cron) => {
        expect(cronProblem(cron) === undefined).toBe(isTaken(cron));
      }),
      { numRuns: 2000 },
    );
  });

  it('is taken only where croner takes it, whatever it is made of', () => {
    const any = fc.oneof(
      { weight: 4, arbitrary: entry },
      { weight: 3, arbitrary: name },
      { weight: 1, arbitrary: odd },
    );
    fc.assert(
      fc.property(expression(list(any)), (cron) => {
        if (cronProblem(cron) === undefined) expect(isTaken(cron)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
