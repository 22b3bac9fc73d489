import { deleteDB } from 'idb';
import { databaseName } from '../../web-component/browser.js';
import type { RunnerEventDetails, RunnerEventName, WorkflowRunner } from '../../web-component/index.js';
import '../../web-component/define.js';

/** An effect that a test lets end by hand. */
export interface Gate {
  readonly calls: number;
  /** Resolves at the next call, or at once when one is waiting. */
  called(): Promise<void>;
  open(result?: unknown): void;
  run(): Promise<unknown>;
}

export function gate(): Gate {
  const waiting: ((result: unknown) => void)[] = [];
  const watchers: (() => void)[] = [];
  let calls = 0;
  return {
    get calls() {
      return calls;
    },
    called: () => (waiting.length > 0 ? Promise.resolve() : new Promise((resolve) => watchers.push(resolve))),
    open: (result = null) => waiting.shift()?.(result),
    run() {
      calls += 1;
      for (const watcher of watchers.splice(0)) watcher();
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

const namespaces = new Set<string>();

/** An element with a namespace of its own, not yet in the page. */
export function makeRunner(settings: Partial<WorkflowRunner> = {}): WorkflowRunner {
  const element = document.createElement('workflow-runner');
  const namespace = settings.namespace ?? `element-${crypto.randomUUID()}`;
  namespaces.add(namespace);
  Object.assign(element, { namespace, store: 'memory' }, settings);
  return element;
}

/** An element in the page, its definition loaded or refused. */
export async function showRunner(settings: Partial<WorkflowRunner> = {}): Promise<WorkflowRunner> {
  const element = makeRunner(settings);
  document.body.append(element);
  await element.ready;
  await painted(element);
  return element;
}

export async function cleanPage(): Promise<void> {
  document.body.replaceChildren();
  localStorage.clear();
  // The elements let go of their stores in the next turn.
  await new Promise((resolve) => setTimeout(resolve, 0));
  for (const namespace of namespaces) await deleteDB(databaseName(namespace));
  namespaces.clear();
}

/** Resolves with the detail of the next event of that name. */
export function next<N extends RunnerEventName>(target: EventTarget, name: N): Promise<RunnerEventDetails[N]> {
  return new Promise((resolve) => {
    target.addEventListener(
      name,
      (event) => {
        if (event instanceof CustomEvent) resolve(event.detail);
      },
      { once: true },
    );
  });
}

/** Live updates are painted with the next frame. */
export async function painted(element: WorkflowRunner): Promise<void> {
  await new Promise((resolve) => requestAnimationFrame(resolve));
  await new Promise((resolve) => requestAnimationFrame(resolve));
  await element.updateComplete;
}

/** The element inside the shadow root that the selector finds. */
export function find<T extends Element = HTMLElement>(element: WorkflowRunner, selector: string): T {
  const found = element.shadowRoot?.querySelector<T>(selector);
  if (found === null || found === undefined) throw new Error(`Nothing in the element matches ${selector}`);
  return found;
}

export function findAll(element: WorkflowRunner, selector: string): readonly HTMLElement[] {
  return [...(element.shadowRoot?.querySelectorAll<HTMLElement>(selector) ?? [])];
}

/** What a person reads. */
export function textOf(element: WorkflowRunner, selector: string): string {
  return findAll(element, selector)
    .map((each) => (each.textContent ?? '').replace(/\s+/g, ' ').trim())
    .join(' | ');
}

export function field(element: WorkflowRunner, name: string): HTMLInputElement {
  return find<HTMLInputElement>(element, `[data-field="${name}"]`);
}

/** Types as a person does: the value changes, then the field is left. */
export async function fill(element: WorkflowRunner, name: string, value: string): Promise<void> {
  const input = field(element, name);
  input.focus();
  input.value = value;
  input.dispatchEvent(new Event(input.localName === 'select' ? 'change' : 'input', { bubbles: true }));
  input.blur();
  await element.updateComplete;
}

export const greeting = {
  name: 'Greet',
  slug: 'greet',
  parameters: [{ name: 'who', type: 'string', label: 'Whom to greet', required: true, help: 'A first name.' }],
  steps: [
    {
      stepSlug: 'look_up',
      name: 'Look up',
      stepType: 'action',
      config: { type: 'person_get', parameters: { name: '{{input.who}}' } },
      nextSteps: { success: 'known' },
    },
    {
      stepSlug: 'known',
      name: 'Known?',
      stepType: 'condition',
      config: { expression: 'steps.look_up.output.known' },
      nextSteps: { true: 'greet', false: 'end' },
    },
    {
      stepSlug: 'greet',
      name: 'Say hello',
      stepType: 'action',
      config: { type: 'say', parameters: { text: 'Hello {{input.who}}' } },
      nextSteps: { success: 'end' },
    },
  ],
};

/** The actions of {@link greeting}, answering at once. */
export const friendly = {
  person_get: () => ({ known: true }),
  say: ({ text }: { readonly text?: unknown }) => ({ said: text ?? null }),
};

/** One effect, so that a test can look at a run under way. */
export const oneStep = {
  name: 'One step',
  slug: 'one_step',
  steps: [{ stepSlug: 'work', name: 'Work', stepType: 'action', config: { type: 'work', parameters: {} } }],
};

/**
 * A workflow of as many steps as given, in groups of five: a condition with two ways that meet again, a step with an
 * error port, and a step after all.
 */
export function manySteps(count: number): object {
  const set = (stepSlug: string, name: string, success: string): object => ({
    ...{ stepSlug, name, stepType: 'action', nextSteps: { success } },
    config: { type: 'set_variables', parameters: { last: stepSlug } },
  });
  const groups = Array.from({ length: count / 5 }, (_, at) => {
    const next = at + 1 < count / 5 ? `choose_${at + 1}` : 'end';
    return [
      {
        ...{ stepSlug: `choose_${at}`, name: `Choose ${at}`, stepType: 'condition' },
        ...{ config: { expression: at % 3 === 0 ? 'false' : 'true' } },
        nextSteps: { true: `left_${at}`, false: `right_${at}` },
      },
      set(`left_${at}`, `Left ${at}`, `call_${at}`),
      set(`right_${at}`, `Right ${at}`, `call_${at}`),
      {
        ...{ stepSlug: `call_${at}`, name: `Call ${at}`, stepType: 'action' },
        ...{ config: { type: 'call', parameters: {} }, nextSteps: { success: next, error: `mend_${at}` } },
      },
      set(`mend_${at}`, `Mend ${at}`, next),
    ];
  });
  return { name: 'Many steps', slug: 'many_steps', steps: groups.flat() };
}

/** A loop of pure steps: `count` rounds make a long history in little time. */
export function longLoop(count: number): object {
  return {
    name: 'Long loop',
    slug: 'long_loop',
    config: { limits: { maxSteps: 100_000 } },
    steps: [
      {
        stepSlug: 'each',
        name: 'Each',
        stepType: 'loop',
        config: { items: Array.from({ length: count }, (_, index) => index), itemVariable: 'item' },
        nextSteps: { next: 'note', done: 'end' },
      },
      {
        stepSlug: 'note',
        name: 'Note',
        stepType: 'action',
        config: { type: 'set_variables', parameters: { last: '{{item}}' } },
        nextSteps: { success: 'each' },
      },
    ],
  };
}
