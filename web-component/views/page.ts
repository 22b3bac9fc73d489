import { html, nothing, type TemplateResult } from 'lit';
import type { Decision } from '../../runtime/index.js';
import type { PendingApproval } from '../approvals.js';
import type { ViewState } from '../view-state.js';
import { approvalsView } from './approval.js';
import { formView } from './form.js';
import { graphView } from './graph.js';
import { inspectorView } from './inspector.js';
import { logView } from './log.js';
import { outcomeView } from './outcome.js';
import { brokenView, diagnosticsView, warningsView } from './problem.js';
import { timelineView } from './timeline.js';
import { toolbarView } from './toolbar.js';
import type { ViewContext } from './view.js';

export const PARTS = ['form', 'graph', 'timeline', 'log'] as const;
export type Part = (typeof PARTS)[number];

export interface PageRequests {
  start(): void;
  cancel(): void;
  pause(): void;
  resume(): void;
  /** From the visit of that activation; from the step that failed when undefined. */
  retry(from: number | undefined): void;
  reload(): void;
  /** Shows the run of that id. */
  show(id: string): void;
  answer(approval: PendingApproval, decision: Decision['decision']): void;
}

/**
 * The whole element: what stands where, and which of it is shown. What waits for a decision comes first. How a run ended stands under the form, or where there
 * is none, beneath all: so that nothing watched moves when it ends.
 */
export function pageView(
  context: ViewContext,
  state: ViewState,
  parts: ReadonlySet<Part>,
  requests: PageRequests,
): TemplateResult {
  const { run, t } = context;
  const drawn = run.drawing !== null;
  const has = (part: Part): boolean => drawn && parts.has(part);
  const classes = `runner ${has('form') ? 'has-side' : ''} ${has('graph') ? 'has-main' : ''}`;
  const below = has('timeline') || has('log');
  const both = has('timeline') && has('log');
  return html`<article class=${classes} aria-label=${t('element.label', { name: run.name ?? '' })}
      aria-busy=${run.phase === 'loading' ? 'true' : 'false'}>
    ${toolbarView(context, requests)}
    ${placeView(context, state, requests)}
    ${drawn ? sections(context, state, has, requests) : nothing}
    ${
      below
        ? html`<div class="below ${both ? 'both' : ''}">
            ${has('timeline') ? timelineView(context, { select: (slug) => state.select(slug) }) : nothing}
            ${has('log') ? logView(context, state.log, state.lines, state.logRequests) : nothing}
          </div>`
        : nothing
    }
    ${drawn && !parts.has('form') ? outcomeView(context, state.inspectorRequests(requests)) : nothing}
    <slot name="footer"></slot>
    <div class="hidden" role="status" aria-live="polite">${run.live.text}</div>
  </article>`;
}

/** What stands in the place of a workflow that is not there, or cannot run. */
function placeView(context: ViewContext, state: ViewState, requests: PageRequests): unknown {
  const { run, t } = context;
  switch (run.phase) {
    case 'empty':
      return html`<slot name="empty"><div class="empty"><p>${t('element.emptyHelp')}</p></div></slot>`;
    case 'loading':
      return html`<div class="skeleton" aria-hidden="true"></div>`;
    case 'broken':
      return run.error === null ? nothing : brokenView(context, run.error, state.inspectorRequests(requests));
    case 'invalid':
      return diagnosticsView(context);
    default:
      return warningsView(context);
  }
}

function sections(
  context: ViewContext,
  state: ViewState,
  has: (part: Part) => boolean,
  requests: PageRequests,
): TemplateResult {
  const details = state.inspectorRequests(requests);
  const inspector = inspectorView(context, details);
  const focusField = (id: string): void => state.focusField(id);
  const formRequests = { start: requests.start, focusField };
  const approvals = approvalsView(context, { answer: requests.answer, focusField, select: details.select });
  const side = has('form')
    ? html`<div class="side">
        ${approvals}${context.run.foreign ? nothing : formView(context, formRequests)}${outcomeView(context, details)}
      </div>`
    : nothing;
  const main =
    has('graph') || inspector !== nothing
      ? html`<div class="main ${has('graph') && inspector !== nothing ? 'with-inspector' : ''}">
          ${has('graph') ? graphView(context, state.graph, state.graphRequests) : nothing}${inspector}
        </div>`
      : nothing;
  return html`${has('form') ? nothing : approvals}<div class="layout">${side}${main}</div>`;
}
