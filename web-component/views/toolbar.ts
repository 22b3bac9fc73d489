import { html, nothing, type TemplateResult } from 'lit';
import { type IconName, icon } from '../icons.js';
import type { MessageKey } from '../messages.js';
import { runStatus } from './status.js';
import type { ViewContext } from './view.js';

export interface ToolbarRequests {
  cancel(): void;
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
      ${
        run.active && !context.readonly
          ? html`<button type="button" class="button" part="cancel-button"
              ?disabled=${context.disabled || run.busy === 'cancelling'} @click=${requests.cancel}>
              ${icon('stop')}${t(run.busy === 'cancelling' ? 'toolbar.cancelling' : 'toolbar.cancel')}
            </button>`
          : nothing
      }
    </div>
  </header>`;
}

/** Back to the run that started the one shown. */
function parentButton({ run, t }: ViewContext, requests: ToolbarRequests): TemplateResult | typeof nothing {
  const parent = run.model?.parent ?? null;
  if (parent === null) return nothing;
  return html`<button type="button" class="button" part="parent-button" @click=${() => requests.show(parent)}>
    ${icon('back')}${t('toolbar.parent')}</button>`;
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
