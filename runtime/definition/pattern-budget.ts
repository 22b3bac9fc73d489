import { compilePattern, MAX_POWER, MAX_WORK, patternPower } from './pattern-cost.js';

/** What is wrong with a pattern. */
export interface PatternFault {
  readonly code: string;
  /** What is said of the pattern, which goes before it. */
  readonly text: string;
  readonly hint?: string;
}

const NO_EXPRESSION: PatternFault = { code: 'BAD_PATTERN', text: 'is no regular expression' };
const TOO_SLOW: PatternFault = {
  code: 'BAD_PATTERN',
  text: 'can take too long on a text made for it',
  hint: 'No repetition may hold another that can match the same text, or stand beside several such; no references back.',
};
const TOO_MANY: PatternFault = {
  code: 'PATTERN_LIMIT',
  text: 'comes after patterns that take too long to look through, and is not looked at, nor is any after it',
  hint: 'Use fewer patterns, or simpler ones.',
};

/** The patterns of one document: each is analysed once, and all together for as long as two of the worst may take. */
export class PatternBudget {
  readonly #known = new Map<string, PatternFault | undefined>();
  #left = 2 * MAX_WORK;
  #told = false;

  /** Undefined where nothing is wrong, and for what comes after a pattern that was told to be one too many. */
  faultOf(pattern: string): PatternFault | undefined {
    if (this.#known.has(pattern)) return this.#known.get(pattern);
    if (this.#left > 0) {
      const fault = this.#analyse(pattern);
      this.#known.set(pattern, fault);
      return fault;
    }
    if (this.#told) return undefined;
    this.#told = true;
    return TOO_MANY;
  }

  #analyse(pattern: string): PatternFault | undefined {
    if (compilePattern(pattern) === undefined) return NO_EXPRESSION;
    const work = { left: MAX_WORK };
    const power = patternPower(pattern, work);
    this.#left -= MAX_WORK - work.left;
    return power === undefined || power > MAX_POWER ? TOO_SLOW : undefined;
  }
}
