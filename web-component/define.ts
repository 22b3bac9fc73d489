/** Importing this defines `<workflow-runner>`, unless the page has defined an element of that name. */
import type { ActionRequestEvent, RunnerEvent, RunnerEventName } from './events.js';
import { WorkflowRunner } from './workflow-runner.js';

if (customElements.get('workflow-runner') === undefined) customElements.define('workflow-runner', WorkflowRunner);

type Told = { [N in RunnerEventName]: RunnerEvent<N> };
interface RunnerEvents extends Told {
  actionrequest: ActionRequestEvent;
}

declare global {
  interface HTMLElementTagNameMap {
    'workflow-runner': WorkflowRunner;
  }
  interface HTMLElementEventMap extends RunnerEvents {}
  interface DocumentEventMap extends RunnerEvents {}
}

export { WorkflowRunner } from './workflow-runner.js';
