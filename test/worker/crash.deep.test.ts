import { describe, it } from 'vitest';
import { describeBeside } from '../support/beside.js';
import { guideCases, ownCases } from '../support/conformance-cases.js';
import { alone, cutOffAtEachWrite, cutOffAtEveryThirdWrite, takenOverAtEachWrite } from '../support/cut-off.js';
import { withSqlite } from './cut-off.js';

describe('cut off at each write, and taken up again from SQLite: every case', () => {
  it.each(ownCases())('$name', (testCase) => cutOffAtEachWrite(testCase, withSqlite));
});

const guide = guideCases();
describeBeside(guide.length > 0, '../shared/fixtures/guide', "the guide's own workflows, cut off at each write", () => {
  it.each(guide)('$name', (testCase) => cutOffAtEachWrite(testCase, withSqlite));
});

describe('cut off at every third write, and taken up again from SQLite', () => {
  it.each(ownCases())('$name', (testCase) => cutOffAtEveryThirdWrite(testCase, withSqlite));
});

describe('taken over at each write by another driver on the same SQLite, while the first lives on', () => {
  it.each(alone(ownCases()))('$name', (testCase) => takenOverAtEachWrite(testCase, withSqlite));
});
