import { afterEach, describe, expect, it } from 'vitest';
import { defaultMessages, WorkflowRunner } from '../../web-component/index.js';
import {
  cleanPage,
  find,
  findAll,
  friendly,
  greeting,
  makeRunner,
  next,
  painted,
  showRunner,
  textOf,
} from './element-page.js';

afterEach(cleanPage);

const answering =
  (status: number, body: string): typeof fetch =>
  async () =>
    new Response(body, { status });

describe('where the definition comes from', () => {
  it('is the JSON script inside, by plain HTML alone', async () => {
    const page = document.createElement('div');
    const json = JSON.stringify(greeting).replaceAll('<', '\\u003c');
    page.innerHTML = `<workflow-runner store="memory" view="form log"><script type="application/json">${json}</script></workflow-runner>`;
    const element = page.firstElementChild;
    if (!(element instanceof WorkflowRunner)) throw new Error('not upgraded');
    const loaded = next(element, 'workflowload');
    document.body.append(page);
    expect(await loaded).toEqual({ name: 'Greet', slug: 'greet', warnings: [] });
    await painted(element);
    expect(textOf(element, '[part=name]')).toBe('Greet');
    expect(element.status).toBe('idle');
  });

  it('is the address in src, fetched by the page’s own fetch where it gives one', async () => {
    const asked: string[] = [];
    const fetch: typeof globalThis.fetch = async (input) => {
      asked.push(String(input));
      return new Response(JSON.stringify(greeting));
    };
    const element = await showRunner({ src: '/flows/greet.json', fetch });
    expect(asked).toEqual([new URL('/flows/greet.json', document.baseURI).href]);
    expect(textOf(element, '[part=name]')).toBe('Greet');
    expect(element.getAttribute('src')).toBe('/flows/greet.json');
  });

  it('is the workflow property before all, and a new one replaces it', async () => {
    const element = await showRunner({ workflow: greeting, src: '/never.json' });
    const loaded = next(element, 'workflowload');
    element.workflow = JSON.stringify({ ...greeting, name: 'Greet better', slug: 'better' });
    expect((await loaded).name).toBe('Greet better');
  });

  it('may follow later: until then the element says what is missing', async () => {
    const element = makeRunner();
    document.body.append(element);
    await painted(element);
    expect(textOf(element, '.empty')).toBe(defaultMessages['element.emptyHelp']);
    expect(element.status).toBe('idle');
    await expect(element.start()).rejects.toMatchObject({ code: 'INVALID_DEFINITION' });
    const script = Object.assign(document.createElement('script'), { type: 'application/json' });
    script.textContent = JSON.stringify(greeting);
    const loaded = next(element, 'workflowload');
    element.append(script);
    expect((await loaded).slug).toBe('greet');
  });

  it('is awaited by a start that comes at once', async () => {
    const element = makeRunner({ workflow: greeting, actions: friendly });
    document.body.append(element);
    const finished = next(element, 'runfinish');
    await element.start({ who: 'Ada' });
    expect((await finished).output).toEqual({ said: 'Hello Ada' });
    element.workflow = { ...greeting, name: 'Other', slug: 'other' };
    expect(await element.validate()).toEqual([]);
    expect(element.run).toBeNull();
  });

  it('takes properties that were set before the element was defined', async () => {
    const element = document.createElement('workflow-runner-late');
    Object.assign(element, { workflow: greeting, store: 'memory', input: { who: 'Ada' } });
    document.body.append(element);
    customElements.define('workflow-runner-late', class extends WorkflowRunner {});
    if (!(element instanceof WorkflowRunner)) throw new Error('not upgraded');
    await element.ready;
    await painted(element);
    expect(find<HTMLInputElement>(element, '[data-field=who]').value).toBe('Ada');
  });
});

describe('a definition that cannot run', () => {
  it('is listed with where, what, and what to do', async () => {
    const broken = structuredClone(greeting);
    const [step] = broken.steps;
    if (step !== undefined) step.stepType = 'acton';
    const element = makeRunner({ workflow: broken });
    const refused = next(element, 'workflowinvalid');
    document.body.append(element);
    const { issues } = await refused;
    await painted(element);
    expect(issues).toEqual(element.diagnostics);
    expect(await element.validate()).toEqual(issues);
    expect(issues[0]).toMatchObject({ code: 'UNKNOWN_STEP_TYPE', path: '/steps/0/stepType' });
    const said = textOf(element, '[part=diagnostics]');
    expect(said).toContain('/steps/0/stepType');
    expect(said).toContain('acton');
    expect(said).toContain('action');
    expect(textOf(element, '[part=name]')).toBe('Greet');
    expect(element.matches(':state(invalid)')).toBe(true);
    expect(findAll(element, '[part=run-button]')).toEqual([]);
    await expect(element.start({})).rejects.toMatchObject({
      name: 'ValidationError',
      code: 'INVALID_DEFINITION',
      issues,
    });
  });

  it('names the place of malformed JSON', async () => {
    const element = await showRunner({ workflow: '{\n  "name": "x",\n  "steps": [,]\n}' });
    expect(element.diagnostics).toMatchObject([{ code: 'MALFORMED_JSON' }]);
    expect(textOf(element, '[part=diagnostics]')).toMatch(/line 3/i);
  });

  it.each([
    [404, 'SOURCE_NOT_FOUND', 'There is no workflow at'],
    [500, 'SOURCE_UNREACHABLE', 'answered 500'],
  ])('says that src answered %i, and tries again', async (status, code, words) => {
    const element = makeRunner({ src: '/gone.json', fetch: answering(status, '') });
    const refused = next(element, 'workflowinvalid');
    document.body.append(element);
    expect((await refused).error).toMatchObject({ code });
    await painted(element);
    expect(textOf(element, '[part=error]')).toContain(words);
    element.fetch = answering(200, JSON.stringify(greeting));
    const loaded = next(element, 'workflowload');
    findAll(element, 'button')
      .find((button) => button.textContent?.includes('Try again'))
      ?.click();
    expect((await loaded).slug).toBe('greet');
  });

  it('says that the network is out of reach', async () => {
    const fetch: typeof globalThis.fetch = async () => {
      throw new TypeError('Failed to fetch');
    };
    const element = await showRunner({ src: '/flow.json', fetch });
    expect(textOf(element, '[part=error]')).toContain('Failed to fetch');
    expect(textOf(element, '[part=error]')).toContain(defaultMessages['help.SOURCE_UNREACHABLE']);
  });

  it('shows warnings without hindering a run', async () => {
    const workflow = structuredClone(greeting);
    workflow.steps.push({
      ...{ stepSlug: 'lost', name: 'Lost', stepType: 'action', nextSteps: { success: 'end' } },
      config: { type: 'say', parameters: { text: 'never' } },
    });
    const element = await showRunner({ workflow, actions: friendly });
    expect(element.diagnostics).toMatchObject([{ severity: 'warning' }]);
    expect(textOf(element, '[part=warnings]')).toContain('lost');
    const finished = next(element, 'runfinish');
    await element.start({ who: 'Ada' });
    expect((await finished).output).toEqual({ said: 'Hello Ada' });
  });
});

describe('what is shown', () => {
  it('is what view lists', async () => {
    const element = await showRunner({ workflow: greeting, view: 'graph log' });
    const shown = (part: string): boolean => findAll(element, `[part=${part}]`).length > 0;
    expect([shown('form'), shown('graph'), shown('timeline'), shown('log')]).toEqual([false, true, false, true]);
    element.view = 'form';
    await element.updateComplete;
    expect([shown('form'), shown('graph')]).toEqual([true, false]);
    expect(element.getAttribute('view')).toBe('form');
  });

  it('speaks the page’s words', async () => {
    const element = await showRunner({
      workflow: greeting,
      messages: { 'toolbar.run': 'Los', 'graph.title': 'Ablauf' },
    });
    expect(textOf(element, '[part=run-button]')).toBe('Los');
    expect(textOf(element, '[part=graph] h3')).toBe('Ablauf');
    element.messages = { 'toolbar.run': 'Va' };
    await element.updateComplete;
    expect(textOf(element, '[part=run-button]')).toBe('Va');
    expect(textOf(element, '[part=graph] h3')).toBe('Graph');
  });

  it('says where it runs and what keeps its runs', async () => {
    const element = makeRunner({ workflow: greeting });
    const changed = next(element, 'storechange');
    document.body.append(element);
    expect(await changed).toEqual({ place: 'browser', storage: 'memory' });
    await element.ready;
    await painted(element);
    expect(textOf(element, '[part=badge]')).toMatch(/Runs here.*Memory only/);
    Object.defineProperty(navigator, 'onLine', { value: false, configurable: true });
    window.dispatchEvent(new Event('offline'));
    await painted(element);
    expect(textOf(element, '[part=badge]')).toContain('Offline');
    Reflect.deleteProperty(navigator, 'onLine');
  });

  it('needs no inline style and no eval: nothing in it has a style attribute that came from markup', async () => {
    const violations: string[] = [];
    const note = (event: SecurityPolicyViolationEvent): number => violations.push(event.violatedDirective);
    document.addEventListener('securitypolicyviolation', note);
    const meta = Object.assign(document.createElement('meta'), { httpEquiv: 'Content-Security-Policy' });
    meta.content = "style-src-attr 'none'";
    document.head.append(meta);
    const element = await showRunner({ workflow: greeting, actions: friendly });
    const finished = next(element, 'runfinish');
    await element.start({ who: 'Ada' });
    await finished;
    await painted(element);
    expect(findAll(element, '.bar').length).toBeGreaterThan(0);
    expect(violations).toEqual([]);
    document.removeEventListener('securitypolicyviolation', note);
  });

  it('keeps the light DOM as a fallback, and registers once only', async () => {
    const element = makeRunner({ workflow: greeting });
    const fallback = Object.assign(document.createElement('p'), { textContent: 'Needs JavaScript' });
    element.append(fallback);
    document.body.append(element);
    await element.ready;
    await painted(element);
    expect(fallback.assignedSlot).toBeNull();
    expect(fallback.getBoundingClientRect().height).toBe(0);
    await expect(import('../../web-component/define.js')).resolves.toHaveProperty('WorkflowRunner', WorkflowRunner);
  });
});
