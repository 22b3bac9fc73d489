import { parseDuration } from './duration.js';
import { child, IssueList } from './issues.js';
import type { StepConfig, StepType } from './schema.js';
import { RESERVED_PORTS } from './slug.js';
import { quote } from './structure.js';

/** Reports at a field of a step's config. */
export class ConfigReport {
  /** Never used: see docs/decisions/0022. */
  static readonly kept: ConfigReport = /* @__PURE__ */ new ConfigReport(IssueList.kept, '', '');

  readonly #issues: IssueList;
  readonly #pointer: string;
  readonly #step: string;

  constructor(issues: IssueList, pointer: string, step: string) {
    this.#issues = issues;
    this.#pointer = pointer;
    this.#step = step;
  }

  error(code: string, field: string, message: string, hint?: string): void {
    this.#issues.error(code, child(this.#pointer, field), message, { step: this.#step, hint });
  }

  warning(code: string, field: string, message: string, hint?: string): void {
    this.#issues.warning(code, child(this.#pointer, field), message, { step: this.#step, hint });
  }

  missing(field: string, message: string): void {
    this.#issues.error('MISSING_FIELD', this.#pointer, message, { step: this.#step, field });
  }
}

export type Rule<T extends StepType> = (config: StepConfig<T>, report: ConfigReport) => void;

/** What a schema does not say about the config of a step. */
export const stepRules: { readonly [T in StepType]?: Rule<T> } = {
  action: (config, report) => {
    const effect = (['retry', 'timeout', 'totalTimeout', 'idempotent', 'compensate'] as const).find(
      (field) => config[field] !== undefined,
    );
    if (config.type === 'set_variables' && effect !== undefined) {
      report.warning('NO_EFFECT', effect, `\`${effect}\` says nothing where variables are set.`);
    }
  },
  llm: ({ outputSchema, outputFormat }, report) => {
    if (outputSchema !== undefined && outputFormat !== 'json')
      report.warning('NO_EFFECT', 'outputSchema', '`outputSchema` needs `outputFormat` "json".');
  },
  switch: (config, report) => checkOneOf('cases', 'value', config, report),
  loop: (config, report) => {
    checkOneOf('items', 'while', config, report);
    if ((config.concurrency ?? 1) > 1 && config.while !== undefined) {
      report.error('CONFLICT', 'concurrency', '`while` decides after each round, so its rounds cannot run at once.');
    }
  },
  parallel: ({ branches, join = 'all' }, report) => {
    if (branches.length === 0) report.error('BAD_VALUE', 'branches', '`branches` must not be empty.');
    const seen = new Set<string>();
    for (const branch of branches) {
      if (seen.size === seen.add(branch).size)
        report.error('CONFLICT', 'branches', `Branch ${quote(branch)} is listed twice.`);
      if (RESERVED_PORTS.includes(branch)) {
        report.error('BAD_VALUE', 'branches', `${quote(branch)} cannot name a branch: the step has that port already.`);
      }
    }
    const possible =
      typeof join === 'number' ? join >= 1 && join <= branches.length : ['all', 'any'].includes(String(join));
    if (!possible) {
      const hint = `Use \`all\`, \`any\`, or a number from 1 to ${branches.length}.`;
      report.error('BAD_VALUE', 'join', `${show(join)} cannot be waited for.`, hint);
    }
  },
  wait: (config, report) => {
    checkOneOf('for', 'until', config, report);
    checkDuration(config.for, report);
    checkTime(config.until, report);
  },
};

/** Either field says it, and one of them must. */
function checkOneOf<F extends string>(
  one: F,
  other: F,
  config: { readonly [K in F]?: unknown },
  report: ConfigReport,
): void {
  const isSaid = config[one] !== undefined;
  if (isSaid !== (config[other] !== undefined)) return;
  if (isSaid) report.error('CONFLICT', other, `\`${other}\` and \`${one}\` exclude each other.`);
  else report.missing(one, `\`${one}\` or \`${other}\` is missing.`);
}

function checkDuration(value: unknown, report: ConfigReport): void {
  if (value === undefined || isTemplate(value) || parseDuration(value) !== undefined) return;
  report.error(
    'BAD_DURATION',
    'for',
    `${show(value)} is no duration.`,
    'Use milliseconds, "90s", "1h 30m" or "PT1H30M".',
  );
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

function checkTime(value: unknown, report: ConfigReport): void {
  if (value === undefined || isTemplate(value)) return;
  if (typeof value === 'number' ? Number.isSafeInteger(value) : ISO_TIME.test(String(value))) return;
  const hint = 'Use ISO 8601 with a zone, such as "2026-01-31T09:00:00Z", or milliseconds since the epoch.';
  report.error('BAD_TIME', 'until', `${show(value)} is no time.`, hint);
}

function isTemplate(value: unknown): boolean {
  return typeof value === 'string' && value.includes('{{');
}

function show(value: unknown): string {
  return typeof value === 'string' ? quote(value) : String(value);
}
