import { html, type TemplateResult } from 'lit';
import { copyButton } from './copy.js';
import { type IconName, icon } from './icons.js';

const inPage = `<script type="module" src="/element.min.js"></script>
<workflow-runner src="/workflows/refund_with_fallback.json"></workflow-runner>
<script type="module" src="/embed/actions.js"></script>`;

const actions = `const runner = document.querySelector('workflow-runner');

runner.addEventListener('actionrequest', (event) => {
  if (event.action === 'send_email') event.respondWith(sendWithYourOwnCode(event.parameters));
});`;

const onEdge = `import { createWorker } from 'newtflow/worker';

const worker = createWorker({ actions: [sendEmail] });
export default worker.handler;
export const { ExecutionObject, DirectoryObject } = worker;`;

const inTerminal = `npx newtflow validate examples/workflows/order_fulfilment.json
npx newtflow graph examples/workflows/order_fulfilment.json --mermaid
npx newtflow run examples/workflows/order_fulfilment.json --stubs examples/stubs.json --virtual-time`;

/** How a developer takes it home: the page, the edge, the terminal. */
export function useItView(): TemplateResult {
  return html`
    <section class="use">
      <h1>Use it</h1>
      <p class="lead">The same JSON, three ways in. The guide in <code>docs/getting-started.md</code> goes through each.</p>
      ${way('page', 'In your page', 'Three lines of HTML. The element brings the form, the graph, the timeline and the log, keeps its runs in IndexedDB, and takes them up again after a reload.', 'HTML', inPage)}
      ${code('Your own actions', actions)}
      <p class="links"><a href="/embed/">Open the smallest page that embeds it ${icon('arrow')}</a></p>
      ${way('edge', 'On the edge', 'A Worker with one Durable Object per execution. Point the element at it with its endpoint attribute, or speak HTTP to it.', 'worker.ts', onEdge)}
      ${way('terminal', 'In the terminal', 'Validate, draw, run and replay. Virtual time makes a week of waiting pass at once.', 'Shell', inTerminal)}
    </section>
  `;
}

function way(name: IconName, title: string, text: string, label: string, source: string): TemplateResult {
  return html`<h2 class="way">${icon(name)} ${title}</h2><p class="sub">${text}</p>${code(label, source)}`;
}

export function code(label: string, source: string): TemplateResult {
  return html`
    <figure class="code">
      <figcaption><span>${label}</span>${copyButton(source, label)}</figcaption>
      <pre tabindex="0" aria-label=${label}><code>${source}</code></pre>
    </figure>
  `;
}
