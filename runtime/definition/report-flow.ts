import type { FoundStep, FoundSteps } from './find-steps.js';
import { type Flow, type FlowStep, MAX_LOOPS } from './flow.js';
import { child, type IssueList } from './issues.js';
import { isObject } from './json-copy.js';
import type { Target } from './plan.js';
import { branchesOf, isTerminal, portsOf } from './ports.js';

/** Reports what is wrong with the way the steps follow one another. */
export function reportFlow(
  found: FoundSteps,
  ports: readonly ReadonlyMap<string, Target>[],
  steps: readonly FlowStep[],
  flow: Flow,
  issues: IssueList,
): void {
  found.steps.forEach((step, index) => {
    const { slug, pointer } = step;
    if (!flow.reachable(index)) {
      issues.warning('UNREACHABLE_STEP', pointer, `Nothing leads to step \`${slug}\`.`, {
        step: slug,
        field: 'stepSlug',
      });
    }
    reportUnmapped(step, ports[index], issues);
    if (step.type === 'parallel') reportStray(step, ports[index], flow.strayBranches(index), found, issues);
    const around = flow.enclosing[index]?.at(-1);
    if (around !== undefined && !isTerminal(step.type) && leadsNowhere(steps[index]) && !leavesByEnd(ports[index])) {
      const owner = found.steps[around];
      const [body, back] = owner?.type === 'parallel' ? ['a branch', owner.slug] : ['an iteration', owner?.slug];
      const message = `Step \`${slug}\` ends ${body} without going back to \`${back}\`.`;
      const hint = `Lead it to \`${back}\` to say so; an end word would end the whole execution.`;
      issues.warning('BODY_NEVER_RETURNS', pointer, message, { step: slug, field: 'nextSteps', hint });
    }
  });
  reportLoops(found, ports, flow, issues);
  for (const cycle of flow.cycles) reportCycle(cycle, found, issues);
}

function leadsNowhere(step: FlowStep | undefined): boolean {
  return step === undefined || step.next.length + step.into.length === 0;
}

function leavesByEnd(ports: ReadonlyMap<string, Target> | undefined): boolean {
  return [...(ports?.values() ?? [])].some((target) => target.kind === 'end');
}

function reportLoops(
  found: FoundSteps,
  ports: readonly ReadonlyMap<string, Target>[],
  flow: Flow,
  issues: IssueList,
): void {
  found.steps.forEach((step, index) => {
    if (step.type !== 'loop' || ports[index]?.has('next') || ports[index]?.has('default')) return;
    if (isObject(step.config) && step.config.collect !== undefined) return;
    const message = `Loop \`${step.slug}\` has no body: its port \`next\` leads nowhere.`;
    issues.warning('LOOP_WITHOUT_BODY', `${step.pointer}/nextSteps`, message, { step: step.slug });
  });
  for (const loop of flow.neverReturning) {
    const step = found.steps[loop];
    if (step?.type !== 'loop') continue;
    const message = `The body of loop \`${step.slug}\` never goes back to it.`;
    const hint = `Lead the last step of the body to \`${step.slug}\`.`;
    issues.warning('BODY_NEVER_RETURNS', `${step.pointer}/nextSteps/next`, message, {
      step: step.slug,
      hint,
    });
  }
  for (const loop of flow.tooDeep) {
    const step = found.steps[loop];
    if (step === undefined) continue;
    const message = `Step \`${step.slug}\` stands inside ${MAX_LOOPS} loops or branches; deeper ones are not run.`;
    issues.error('NESTING_LIMIT', step.pointer, message, { step: step.slug });
  }
}

/** What an end word does in a branch is rarely meant: to end a branch, it goes back. */
function reportStray(
  { slug, pointer }: FoundStep,
  ports: ReadonlyMap<string, Target> | undefined,
  stray: readonly number[],
  { steps }: FoundSteps,
  issues: IssueList,
): void {
  const slugs = new Set(stray.map((index) => steps[index]?.slug));
  ports?.forEach((target, port) => {
    if (target.kind !== 'step' || !slugs.has(target.slug)) return;
    const message = `Branch \`${port}\` never goes back to \`${slug}\`: it leads out of it, or ends the whole execution.`;
    const hint = `Lead its last step to \`${slug}\`, and \`done\` to what follows.`;
    issues.warning('BODY_NEVER_RETURNS', child(`${pointer}/nextSteps`, port), message, { step: slug, hint });
  });
}

/** A case whose port leads nowhere ends the execution, a branch does nothing: rarely what was meant. */
function reportUnmapped(
  { type, config, pointer, slug }: FoundStep,
  ports: ReadonlyMap<string, Target> | undefined,
  issues: IssueList,
): void {
  if (ports?.has('default')) return;
  const report = (port: string, message: string): void => {
    if (!ports?.has(port)) issues.warning('UNMAPPED_PORT', `${pointer}/nextSteps`, message, { step: slug });
  };
  for (const port of new Set(type === 'switch' ? portsOf(type, config).named : NO_PORTS)) {
    if (port !== 'error') report(port, `Nothing follows port \`${port}\`, and there is no \`default\`.`);
  }
  for (const branch of new Set(type === 'parallel' ? branchesOf(config) : NO_PORTS)) {
    report(branch, `Branch \`${branch}\` leads nowhere: nothing follows its port.`);
  }
}

const NO_PORTS: readonly string[] = [];

function reportCycle(cycle: readonly number[], found: FoundSteps, issues: IssueList): void {
  const first = found.steps[cycle[0] ?? 0];
  if (first === undefined) return;
  const slugs = cycle.map((index) => found.steps[index]?.slug ?? '');
  const shown = slugs.length > 8 ? [...slugs.slice(0, 7), '…'] : slugs;
  const message = `The steps ${[...shown, first.slug].join(' → ')} go round for ever: nothing in between decides.`;
  const hint = 'A cycle needs a condition, a switch or a loop in it.';
  issues.error('CYCLE_WITHOUT_DECISION', `${first.pointer}/nextSteps`, message, { step: first.slug, hint });
}
