import { html, nothing, type TemplateResult } from 'lit';
import type { JournalEvent } from '../../runtime/index.js';
import type { Comparison, Row } from './histories.js';
import { icon } from './icons.js';

/** The two histories side by side, and the verdict. */
export function ledgerView(comparison: Comparison): TemplateResult {
  const { rows, verdict } = comparison;
  return html`
    <section class="ledger" id="histories" tabindex="-1" aria-labelledby="ledger-title" data-verdict=${verdict}>
      <header>
        <h2 id="ledger-title">Histories</h2>
        <p class="verdict">${verdictBadge(comparison)} ${aside(comparison)}</p>
      </header>
      ${
        rows.length === 0
          ? html`<p class="empty">Press Run. Each side writes its own journal, and here they are laid side by side as they grow.</p>`
          : html`
              <dl class="digests">
                ${digest('In this page', comparison.digests.page)} ${digest('On the edge', comparison.digests.edge)}
              </dl>
              ${comparison.difference === undefined ? nothing : differenceView(comparison.difference)}
              <div class="rows" tabindex="0" role="region" aria-label="Events of both histories">
                <table>
                  <thead>
                    <tr><th scope="col">#</th><th scope="col">In this page</th><th scope="col">On the edge</th><th scope="col"><span class="sr">Equal</span></th></tr>
                  </thead>
                  <tbody>
                    ${rows.map(rowView)}
                  </tbody>
                </table>
              </div>
            `
      }
    </section>
  `;
}

/** The verdict in one badge. */
export function verdictBadge({ verdict, rows, matched, difference }: Comparison): TemplateResult {
  switch (verdict) {
    case 'empty':
      return html`<span class="badge">Nothing to compare yet</span>`;
    case 'waiting':
      return html`<span class="badge live">${icon('equal')} ${matched} equal so far</span>`;
    case 'equal':
      return html`<span class="badge good">${icon('check')} Equal: all ${rows.length} events</span>`;
    case 'differ':
      return html`<span class="badge bad">${icon('differ')} Differ at #${difference?.number}</span>`;
  }
}

/** What a reload did to the histories, where it did something. */
function aside({ verdict, interruptions }: Comparison): TemplateResult | typeof nothing {
  if (interruptions === 0) return nothing;
  const attempts = interruptions === 1 ? 'One attempt was' : `${interruptions} attempts were`;
  const then =
    verdict === 'differ'
      ? 'That is recorded; what the new attempt met may well differ.'
      : 'That is recorded, and set aside here.';
  return html`<span class="aside">${attempts} cut off by a reload and performed again. ${then}</span>`;
}

function digest(place: string, value: string | undefined): TemplateResult {
  return html`<div><dt>${place}</dt><dd title=${value ?? ''}><code>${value === undefined ? '–' : value.slice(0, 16)}</code></dd></div>`;
}

function differenceView({ page, edge }: Row): TemplateResult {
  return html`
    <div class="difference">
      <pre tabindex="0" aria-label="In this page">${text(page)}</pre>
      <pre tabindex="0" aria-label="On the edge">${text(edge)}</pre>
    </div>
  `;
}

function text(event: JournalEvent | undefined): string {
  return event === undefined ? 'no such event' : JSON.stringify(event, null, 2);
}

const marks = { equal: 'equal', differs: 'differ', ahead: undefined } as const;
const words = { equal: 'equal', differs: 'differs', ahead: 'not yet on both sides' } as const;

function rowView(row: Row): TemplateResult {
  const mark = marks[row.state];
  return html`
    <tr data-state=${row.state}>
      <td>${row.number}</td>
      <td>${eventView(row.page)}</td>
      <td>${eventView(row.edge)}</td>
      <td>${mark === undefined ? nothing : icon(mark)}<span class="sr">${words[row.state]}</span></td>
    </tr>
  `;
}

function eventView(event: JournalEvent | undefined): TemplateResult {
  if (event === undefined) return html`<span class="pending" aria-label="not yet">·</span>`;
  const step = 'step' in event ? event.step : undefined;
  return html`<span class="kind">${event.type.replaceAll('_', ' ')}</span>${step === undefined ? nothing : html` <code>${step}</code>`}`;
}
