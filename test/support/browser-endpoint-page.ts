/** A page with one element that runs its workflow on a Worker; it notes each event that the element tells. */
import type { EndpointPage } from './page-api.js';
import '../../web-component/define.js';

interface Settings {
  readonly endpoint: string;
  readonly key: string;
  readonly workflow: object;
}

declare global {
  interface Window {
    /** Resolves once the definition is loaded, and a run under way found again. */
    show(settings: Settings): Promise<void>;
    look(): EndpointPage;
  }
}

const element = document.createElement('workflow-runner');
const told: string[] = [];
for (const name of ['runstart', 'stepstart', 'stepfinish', 'runfinish'] as const) {
  element.addEventListener(name, (event) => {
    told.push('step' in event.detail ? `${name} ${event.detail.step}` : name);
  });
}
window.show = async ({ key, ...settings }) => {
  Object.assign(element, settings, { getToken: () => key });
  document.body.append(element);
  await element.ready;
};
window.look = () => {
  const { run } = element;
  return { told, run: run === null ? null : { id: run.id, events: run.events } };
};
