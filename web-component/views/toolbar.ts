import { html, nothing, type TemplateResult } from 'lit';
import { type IconName, icon } from '../icons.js';
import type { MessageKey } from '../messages.js';
import type { RunController } from '../run-controller.js';
import type { RunModel } from '../run-model.js';
import type { Visit } from '../visit.js';
import { runStatus } from './status.js';
import type { ViewContext } from './view.js';

export interface ToolbarRequests {
  cancel(): void;
  pause(): void;
  resume(): void;
  retry(from: number | undefined): void;
  /** Shows the run of that id. */
  show(id: string): void;
}

/** Name, status, where and by whom the workflow is run, and the way to stop it. */
export function toolbarView(context: ViewContext, requests: ToolbarRequests): TemplateResult {
  const { run, t } = context;
  const instead = { loading: 'element.loading', empty: 'element.empty' } as const;
  const name = run.name ?? t(run.phase === 'loading' || run.phase === 'empty' ? instead[run.phase] : 'element.unnamed');
  const description = run.drawing?.plan.definition.description;
  return html`<header class="toolbar" part="toolbar">
    <div class="title">
      <h2 part="name">${name}</h2>
      ${runStatus(run.status, t)}
      ${typeof description === 'string' ? html`<p class="description" part="description">${description}</p>` : nothing}
    </div>
    <div class="tools">
      <ul class="badges" part="badges">${badges(context)}</ul>
      <slot name="toolbar"></slot>
      ${parentButton(context, requests)}
      <div class="controls">${context.readonly ? nothing : controls(context, requests)}</div>
    </div>
  </header>`;
}

/** What can be done to the run as it stands. */
function controls(context: ViewContext, requests: ToolbarRequests): (TemplateResult | typeof nothing)[] {
  const { run, t, disabled } = context;
  const button = (
    name: 'pause' | 'resume' | 'cancel' | 'retry',
    look: IconName,
    busy: RunController['busy'],
    ask: () => void,
    label: string = t(`toolbar.${name}`),
  ): TemplateResult => {
    const text = busy !== null && run.busy === busy ? t(`toolbar.${busy}`) : label;
    return html`<button type="button" class="button" part="${name}-button" ?disabled=${disabled || run.busy !== null}
      @click=${ask}>${icon(look)}${text}</button>`;
  };
  if (run.active) {
    return [
      run.status === 'paused'
        ? button('resume', 'play', 'resuming', requests.resume)
        : button('pause', 'pause', 'pausing', requests.pause),
      // What is being undone has failed already, or is cancelled.
      run.model?.undoing ? nothing : button('cancel', 'stop', 'cancelling', requests.cancel),
    ];
  }
  const from = run.status === 'failed' ? retryStart(run.model) : null;
  if (from === null) return [];
  const label =
    from.undone === undefined ? t('toolbar.retry') : t('toolbar.retryFrom', { name: run.nameOf(from.undone.slug) });
  return [button('retry', 'resume', 'retrying', () => requests.retry(from.undone?.activation), label)];
}

/**
 * Where a retry of a run that failed begins: at the failure, or at the first step that was `undone`, since nothing after
 * it stands. Null where no step's failure ended the run.
 */
function retryStart(model: RunModel | null): { readonly undone?: Visit } | null {
  const failed = model?.failedStep ?? null;
  if (model === null || failed === null) return null;
  const { firstUndone } = model;
  const failure = model.step(failed)?.visits.findLast(({ compensates }) => compensates === null);
  return firstUndone !== null && firstUndone.activation < (failure?.activation ?? 0) ? { undone: firstUndone } : {};
}

/** Back to the run that started the one shown, or that it was begun anew from. */
function parentButton({ run, t }: ViewContext, requests: ToolbarRequests): TemplateResult | typeof nothing {
  const { parent = null, origin = null } = run.model ?? {};
  const id = parent ?? origin;
  if (id === null) return nothing;
  return html`<button type="button" class="button" part="parent-button" @click=${() => requests.show(id)}>
    ${icon('back')}${t(parent === null ? 'toolbar.origin' : 'toolbar.parent')}</button>`;
}

function badges({ run, t }: ViewContext): (TemplateResult | typeof nothing)[] {
  const { source, handle } = run;
  if (source === null) return [];
  const edge = source.place === 'edge';
  const storage = source.storage === 'edge' ? 'edgeStorage' : source.storage;
  const storageHelp = t(`badge.${storage}Help`);
  const storageIcon: IconName = source.storage === 'memory' ? 'memory' : 'database';
  const storageTone = source.storage === 'memory' && source.storageReason !== undefined ? 'wait' : '';
  const reason = source.storageReason ?? storageHelp;
  const driver = handle !== null && run.active && handle.driver !== 'server' ? handle.driver : undefined;
  return [
    edge
      ? badge('cloud', t('badge.edge'), t('badge.edgeHelp', { endpoint: run.endpoint }))
      : badge('browser', t('badge.browser'), t('badge.browserHelp')),
    edge ? nothing : badge(storageIcon, t(`badge.${storage}`), reason, storageTone),
    driver === undefined ? nothing : badge('tab', t(`badge.${driver}` satisfies MessageKey), t(`badge.${driver}`)),
    run.resumed && run.active ? badge('resume', t('badge.resumed'), t('badge.resumedHelp')) : nothing,
    run.online
      ? nothing
      : badge('offline', t('badge.offline'), t(edge ? 'badge.offlineEdge' : 'badge.offlineHere'), 'wait'),
  ];
}

function badge(name: IconName, text: string, help: string, colour = ''): TemplateResult {
  return html`<li class="badge ${colour && `tone-${colour}`}" part="badge" title=${help}>
    ${icon(name)}<span>${text}</span>${help === text ? nothing : html`<span class="hidden">. ${help}</span>`}
  </li>`;
}
