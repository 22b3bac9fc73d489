import { html, type TemplateResult } from 'lit';
import { type IconName, icon } from '../icons.js';
import type { Translate } from '../messages.js';
import type { RunnerStatus } from '../run-controller.js';
import type { VisitStatus } from '../visit.js';

export type StepStatus = VisitStatus | 'pending';

/** Colour of a status: `ok`, `fail`, `run`, `wait` or `calm`. Never the only sign: icon and text say the same. */
export function tone(status: StepStatus | RunnerStatus): string {
  switch (status) {
    case 'succeeded':
    case 'completed':
      return 'ok';
    case 'failed':
    case 'invalid':
    case 'undoFailed':
      return 'fail';
    case 'running':
    case 'looping':
    case 'branching':
      return 'run';
    case 'waiting':
    case 'queued':
    case 'retrying':
    case 'undoing':
    case 'paused':
      return 'wait';
    default:
      return 'calm';
  }
}

export function statusIcon(status: StepStatus | RunnerStatus): IconName {
  switch (status) {
    case 'succeeded':
    case 'completed':
      return 'check';
    case 'failed':
    case 'undoFailed':
      return 'cross';
    case 'invalid':
      return 'alert';
    case 'running':
    case 'looping':
    case 'branching':
    case 'loading':
      return 'spinner';
    case 'undoing':
    case 'undone':
      return 'undo';
    case 'waiting':
    case 'queued':
    case 'retrying':
      return 'clock';
    case 'paused':
      return 'pause';
    case 'transferred':
      return 'back';
    case 'cancelled':
      return 'stop';
    default:
      return 'dot';
  }
}

export function runStatus(status: RunnerStatus, t: Translate): TemplateResult {
  return html`<span class="pill tone-${tone(status)}" part="status" tabindex="-1">
    ${icon(statusIcon(status), statusIcon(status))}<span>${t(`status.${status}`)}</span>
  </span>`;
}

export function stepStatus(status: StepStatus, t: Translate): TemplateResult {
  return html`<span class="pill tone-${tone(status)}">
    ${icon(statusIcon(status), statusIcon(status))}<span>${t(`visit.${status}`)}</span>
  </span>`;
}
