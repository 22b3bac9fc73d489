import { type Issue, type Plan, stepResults, validate } from '../../../runtime/index.js';
import type { Command } from '../command.js';
import { checkDecisions } from '../decisions.js';
import { execute, type RunResult } from '../execute.js';
import { type SourceFile, writeText } from '../files.js';
import { EXIT, type Io } from '../io.js';
import { issueText } from '../issues.js';
import { journalText } from '../journal-file.js';
import { duration, type Paint, paint } from '../paint.js';
import { isStoredPlan, planIn } from '../plan-file.js';
import { type RunSettings, readRunSettings } from '../run-settings.js';
import { json, line, lines, type Shown, show } from '../shown.js';
import { missingSecrets } from '../system.js';
import { unaskedSignals, unaskedStubs } from '../unasked.js';

export const runCommand: Command = {
  name: 'run',
  usage: 'FILE [--input JSON|@FILE] [options]',
  summary: 'Run a workflow, or what `newtflow compile` made of it, here in memory.',
  options: {
    input: { type: 'string', value: 'JSON|@FILE', help: 'The input; @- reads it from standard input.' },
    actions: {
      type: 'string',
      value: 'MODULE',
      help: 'A module whose `actions` (and `model`, `functions`) do the work.',
    },
    stubs: { type: 'string', value: 'FILE', help: 'Prepared answers in place of actions, models and other workflows.' },
    'max-time': { type: 'string', value: 'DURATION', help: 'Cancel the run after this long, such as 30s or PT5M.' },
    'virtual-time': {
      type: 'boolean',
      help: 'Let no time pass: jump to the next deadline when only time is waited for.',
    },
    signal: {
      type: 'string',
      multiple: true,
      value: 'NAME[=JSON]',
      help: 'An event for a waiting step; may be repeated.',
    },
    decide: {
      type: 'string',
      multiple: true,
      value: 'STEP=DECISION',
      help: 'Decide an approval: approved, rejected, or JSON with fields; may be repeated.',
    },
    workflow: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      help: 'A workflow that this one may start; may be repeated.',
    },
    thread: { type: 'string', value: 'ID', help: 'Let the model steps share a conversation.' },
    journal: { type: 'string', value: 'FILE', help: 'Write the history, for `newtflow replay`.' },
    json: { type: 'boolean', help: 'Print one JSON object, and nothing before it.' },
  },
  run: async (args, io) => {
    const settings = await readRunSettings(args, io);
    const plan = await preparePlan(settings, io);
    const plans = [plan, ...settings.workflows.values()];
    checkDecisions(settings.decisions, plans);
    if (!settings.json) warnOfUnasked(settings, plans, io);
    const result = await execute(plan, settings, io);
    const { journal } = settings;
    if (journal !== undefined) await writeText(io, journal, journalText(plan.definition, result.events));
    if (settings.json) io.out(json(resultJson(plan, result)));
    else printResult(plan, result, io);
    return result.state.status === 'completed' ? EXIT.ok : EXIT.failed;
  },
};

async function preparePlan({ file, functions, json: forMachine }: RunSettings, io: Io): Promise<Plan> {
  const plan = await planIn(file, functions);
  if (forMachine || isStoredPlan(file)) return plan;
  for (const issue of [...(file.issues ?? []), ...validate(file.document, { functions }).issues])
    io.err(issueText(file, issue, paint(false)));
  return plan;
}

/** What is prepared for the run, and will not be asked for. */
function warnOfUnasked({ stubFile, signals }: RunSettings, plans: readonly Plan[], io: Io): void {
  const warn = (file: Pick<SourceFile, 'name' | 'locate'>, issues: readonly Issue[]): void => {
    for (const issue of issues) io.err(issueText(file, issue, paint(false)));
  };
  if (stubFile !== undefined) warn(stubFile, unaskedStubs(stubFile.document, plans));
  warn({ name: '--signal', locate: () => undefined }, unaskedSignals(signals, plans));
}

function resultJson(plan: Plan, { state, events, stuck }: RunResult): Record<string, unknown> {
  return {
    executionId: state.executionId,
    status: state.status,
    output: state.output,
    error: state.error,
    ...(stuck === undefined ? {} : { stuck: stuck.join('\n') }),
    variables: state.variables,
    steps: stepResults(plan, state),
    history: events,
  };
}

function printResult(plan: Plan, { state, stuck }: RunResult, io: Io): void {
  const colours = paint(io.colour);
  const took = duration(state.updatedAt - state.startedAt);
  if (stuck !== undefined) {
    io.out(line`${colours.yellow('…')} The run waits for something that will not come here.`);
    for (const reason of stuck) io.out(line`${reason}`);
  } else if (state.status === 'completed') {
    io.out(line`${colours.green('✔ completed')} ${colours.dim(`in ${took}`)}`);
    io.out(lines(JSON.stringify(state.output, undefined, 2)));
  } else {
    io.out(line`${colours.red(`✘ ${state.status}`)} ${colours.dim(`after ${took}`)}${failureText(state, colours)}`);
    for (const hint of hintsFor(state, plan, io)) io.out(line`    ${hint}`);
  }
}

function failureText({ error }: RunResult['state'], colours: Paint): Shown | string {
  if (error === null) return '';
  const where = error.stepSlug === undefined ? '' : ` in step "${error.stepSlug}"`;
  return show`${where}: ${error.message} ${colours.dim(`[${error.code}]`)}`;
}

/** What to do about a failure that the command line can mend. */
function hintsFor({ error }: RunResult['state'], plan: Plan, io: Io): string[] {
  const code = error?.code ?? '';
  if (code === 'SECRET_NOT_FOUND') {
    return missingSecrets(plan.config.secrets, io.env).map((name) => `Set the environment variable ${name}.`);
  }
  const hint = Object.hasOwn(HINTS, code) ? HINTS[code] : undefined;
  return hint === undefined ? [] : [hint];
}

const HINTS: Readonly<Record<string, string>> = {
  ACTION_NOT_FOUND: 'Give it an implementation with --actions, or an answer with --stubs.',
  WORKFLOW_NOT_FOUND: 'Give it with --workflow FILE.',
  MODEL_NOT_FOUND: 'Give one with --actions, or answers with --stubs.',
};
