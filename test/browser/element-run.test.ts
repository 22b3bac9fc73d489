import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { ActionError, type ModelRequest } from '../../runtime/index.js';
import { type ActionRequestEvent, defaultMessages, type WorkflowRunner } from '../../web-component/index.js';
import {
  cleanPage,
  field,
  fill,
  find,
  findAll,
  friendly,
  gate,
  greeting,
  makeRunner,
  next,
  oneStep,
  painted,
  showRunner,
  textOf,
} from './element-page.js';

afterEach(cleanPage);

const names = [
  'runstart',
  'stepstart',
  'stepfinish',
  'stepfail',
  'runlog',
  'runwait',
  'runfinish',
  'runfail',
  'runcancel',
];

/** The events of a run as they came, each as its name and step. */
function listen(target: EventTarget): string[] {
  const heard: string[] = [];
  for (const name of names) {
    target.addEventListener(name, (event) => {
      const step = event instanceof CustomEvent ? (event.detail.step ?? '') : '';
      heard.push(step === '' ? name : `${name} ${step}`);
    });
  }
  return heard;
}

/** Serves actions from the document, as a page would; ends with the test. */
function serve(answer: (request: ActionRequestEvent) => void): void {
  document.addEventListener('actionrequest', answer);
  onTestFinished(() => document.removeEventListener('actionrequest', answer));
}

describe('a run', () => {
  it('is started from the form, told by events that bubble, and shown to its end', async () => {
    const element = await showRunner({ workflow: greeting, actions: friendly });
    const heard = listen(document);
    await fill(element, 'who', 'Ada');
    const finished = next(element, 'runfinish');
    find(element, '[part=run-button]').click();
    expect(await finished).toMatchObject({ output: { said: 'Hello Ada' } });
    await painted(element);
    expect(heard).toEqual([
      ...['runstart', 'stepstart look_up', 'stepfinish look_up', 'stepstart known', 'stepfinish known'],
      ...['stepstart greet', 'stepfinish greet', 'runfinish'],
    ]);
    expect(element.run).toMatchObject({
      ...{ status: 'completed', driver: 'none', input: { who: 'Ada' }, output: { said: 'Hello Ada' } },
      ...{ error: null, resumed: false },
    });
    expect(element.run?.events.map((event) => event.seq)).toEqual(element.run?.events.map((_, index) => index + 1));
    expect(element.status).toBe('completed');
    expect(element.matches(':state(completed)')).toBe(true);
    expect(textOf(element, '[part=result]')).toContain('"Hello Ada"');
    expect(textOf(element, '.node.is-succeeded .name')).toBe('Look up | Known? | Say hello');
    expect(findAll(element, '.edge.taken')).toHaveLength(3);
    expect(findAll(element, '.timeline .bar.ok')).toHaveLength(3);
    expect(textOf(element, '.log .line-text')).toContain('Run completed');
    expect(textOf(element, '[part=run-button]')).toBe(defaultMessages['toolbar.runAgain']);
  });

  it('waits for its turn where as many run as may, and says so', async () => {
    const work = gate();
    const settings = {
      ...{ workflow: { ...oneStep, config: { concurrency: { limit: 1 } } }, actions: { work: work.run } },
      ...{ store: 'indexeddb', namespace: `element-${crypto.randomUUID()}` },
    };
    const [first, second] = [await showRunner(settings), await showRunner(settings)];
    await first.start();
    await work.called();
    const started = second.start();
    while (!second.matches(':state(queued)')) await painted(second);
    expect(second.status).toBe('queued');
    expect(textOf(second, '[part=run-button]')).toBe(defaultMessages['toolbar.queued']);
    expect(textOf(second, '[part=status]')).toBe(defaultMessages['status.queued']);
    await expect(second.start()).rejects.toMatchObject({ code: 'RUN_IN_PROGRESS' });
    await first.cancel();
    expect(await started).toBe(second.run?.id);
    expect(second.run).toMatchObject({ status: 'running', error: null });
  });

  it('shows what is under way, and can be cancelled', async () => {
    const work = gate();
    const element = await showRunner({ workflow: oneStep, actions: { work: work.run } });
    await element.start();
    await work.called();
    await painted(element);
    expect(element.matches(':state(running)')).toBe(true);
    expect(find(element, '[data-step=work]').getAttribute('aria-label')).toBe('Work, work, Action, running');
    expect(findAll(element, '.bar.run.live')).toHaveLength(1);
    await expect(element.start()).rejects.toMatchObject({ name: 'ConflictError', code: 'RUN_IN_PROGRESS' });
    const cancelled = next(element, 'runcancel');
    find(element, '[part=cancel-button]').click();
    await cancelled;
    await painted(element);
    expect(element.status).toBe('cancelled');
    expect(element.run?.status).toBe('cancelled');
    expect(findAll(element, '.bar.live')).toHaveLength(0);
    await expect(element.cancel()).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
  });

  it('does not begin when a beforerun listener prevents it', async () => {
    const element = await showRunner({ workflow: greeting, actions: friendly });
    const inputs: unknown[] = [];
    element.addEventListener('beforerun', (event) => {
      inputs.push(event.detail.input);
      event.preventDefault();
    });
    expect(await element.start({ who: 'Ada' })).toBeUndefined();
    expect(inputs).toEqual([{ who: 'Ada' }]);
    expect(element.run).toBeNull();
    expect((await element.runs()).items).toEqual([]);
  });

  it('begins by itself where autorun says so, with the input property', async () => {
    const element = makeRunner({ workflow: greeting, actions: friendly, input: { who: 'Bo' }, autorun: true });
    const finished = next(element, 'runfinish');
    document.body.append(element);
    expect((await finished).output).toEqual({ said: 'Hello Bo' });
    expect((await element.runs()).items).toHaveLength(1);
  });

  it('waits for an event and goes on when it comes', async () => {
    const workflow = {
      name: 'Wait',
      steps: [{ stepSlug: 'ask', name: 'Ask', stepType: 'wait_for_event', config: { event: 'answer' } }],
    };
    const element = await showRunner({ workflow });
    await expect(element.sendEvent('answer')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const waits = next(element, 'runwait');
    await element.start();
    expect(await waits).toMatchObject({ until: null, steps: ['ask'] });
    await painted(element);
    expect(find(element, '[data-step=ask]').getAttribute('aria-label')).toBe('Ask, Wait for event, waiting');
    expect(findAll(element, '.bar.wait.live')).toHaveLength(1);
    const finished = next(element, 'runfinish');
    await element.sendEvent('answer', { yes: true });
    await finished;
    expect(element.status).toBe('completed');
  });

  it('is refused with every fault of its input', async () => {
    const element = await showRunner({ workflow: greeting, actions: friendly });
    await expect(element.start({})).rejects.toMatchObject({
      ...{ name: 'ValidationError', code: 'INVALID_INPUT' },
      issues: [{ path: expect.stringContaining('who') }],
    });
    await painted(element);
    expect(textOf(element, '[part=field] .error')).not.toBe('');
  });
});

describe('effects that the page serves', () => {
  it('answers an action that nobody registered by actionrequest', async () => {
    const element = await showRunner({ workflow: oneStep });
    const asked: unknown[] = [];
    serve((request) => {
      asked.push([request.action, request.context.step, request.context.attempt]);
      request.respondWith(Promise.resolve({ done: true }));
      expect(() => request.respondWith(1)).toThrow(expect.objectContaining({ code: 'ACTION_ANSWERED' }));
    });
    const finished = next(element, 'runfinish');
    await element.start();
    expect((await finished).output).toEqual({ done: true });
    expect(asked).toEqual([['work', 'work', 1]]);
  });

  it('fails with ACTION_NOT_FOUND when nobody answers, in words that help', async () => {
    const element = await showRunner({ workflow: oneStep });
    const failed = next(element, 'runfail');
    await element.start();
    expect((await failed).error).toMatchObject({ code: 'ACTION_NOT_FOUND', stepSlug: 'work' });
    await painted(element);
    const said = textOf(element, '[part=error]');
    for (const words of ['ACTION_NOT_FOUND', 'work', 'Work', defaultMessages['help.ACTION_NOT_FOUND']]) {
      expect(said).toContain(words);
    }
    expect(findAll(element, '.node.is-failed')).toHaveLength(1);
    expect(element.matches(':state(failed)')).toBe(true);
  });

  it('shows what an action threw, where, and how often it was tried', async () => {
    const fail = (): never => {
      throw new ActionError('The service answered 503.', { code: 'HTTP_503' });
    };
    const workflow = structuredClone(oneStep);
    Object.assign(workflow.steps[0]?.config ?? {}, { retry: { maxAttempts: 2, initialDelay: 1 } });
    const element = await showRunner({ workflow, actions: [{ type: 'work', run: fail }] });
    const failed = next(element, 'runfail');
    await element.start();
    await failed;
    await painted(element);
    expect(textOf(element, '[part=error]')).toMatch(/HTTP_503.*The service answered 503\..*Work/);
    expect(findAll(element, '.bar.fail')).toHaveLength(2);
    expect(findAll(element, '.bar.wait')).toHaveLength(1);
    find(element, '[part=error] .link').click();
    await painted(element);
    expect(textOf(element, '[part=inspector] .attempts li')).toMatch(/Attempt 1 failed.*Waited.*Attempt 2 failed/);
  });

  it('asks the model and the secrets that the page provides', async () => {
    const workflow = {
      name: 'Model',
      config: { secrets: { apiKey: { kind: 'reference', name: 'service-key' } } },
      steps: [
        {
          ...{ stepSlug: 'think', name: 'Think', stepType: 'llm', nextSteps: { success: 'send' } },
          config: { systemPrompt: 'Be brief.', userPrompt: 'Hi' },
        },
        {
          ...{ stepSlug: 'send', name: 'Send', stepType: 'action' },
          config: { type: 'send', parameters: { key: '{{secrets.apiKey}}', text: '{{steps.think.output}}' } },
        },
      ],
    };
    const sent: unknown[] = [];
    const element = await showRunner({
      workflow,
      llm: () => 'Hello',
      getSecret: (name) => (name === 'service-key' ? 's3cret-value' : undefined),
      actions: new Map([['send', (parameters) => sent.push(parameters)]]),
    });
    const finished = next(element, 'runfinish');
    await element.start();
    await finished;
    expect(sent).toMatchObject([{ key: 's3cret-value' }]);
    find(element, '[data-step=send]').dispatchEvent(new MouseEvent('click', { bubbles: true }));
    await painted(element);
    expect(textOf(element, '[part=inspector]')).toContain('Parameters');
    expect(element.shadowRoot?.textContent).not.toContain('s3cret-value');
    expect(JSON.stringify(element.run)).not.toContain('s3cret-value');
  });

  it('says that there is no model', async () => {
    const workflow = {
      name: 'Model',
      steps: [
        { stepSlug: 'think', name: 'Think', stepType: 'llm', config: { systemPrompt: 'Be brief.', userPrompt: 'Hi' } },
      ],
    };
    const element = await showRunner({ workflow });
    const failed = next(element, 'runfail');
    await element.start();
    expect((await failed).error.code).toBe('MODEL_NOT_FOUND');
    await painted(element);
    expect(textOf(element, '[part=error]')).toContain(defaultMessages['help.MODEL_NOT_FOUND']);
  });
});

describe('a step that fails on purpose', () => {
  it('says its own words, and asks for no error port', async () => {
    const stop = {
      stepSlug: 'stop',
      name: 'Stop',
      stepType: 'fail',
      config: { code: 'TOO_LATE', message: 'Too late.' },
    };
    const element = await showRunner({ workflow: { name: 'Stops', slug: 'stops', steps: [stop] } });
    const failed = next(element, 'runfail');
    await element.start();
    await failed;
    await painted(element);
    expect(textOf(element, '[part=error]')).toContain('Too late.');
    expect(textOf(element, '[part=error] .help')).toBe(defaultMessages['help.fail']);
  });
});

/** Steps that ask a model, one after the other. */
const conversation = {
  name: 'Conversation',
  slug: 'conversation',
  steps: ['one', 'two'].map((stepSlug, index) => ({
    stepSlug,
    name: stepSlug,
    stepType: 'llm',
    config: { systemPrompt: '', userPrompt: `Say ${stepSlug}` },
    nextSteps: { success: index === 0 ? 'two' : 'end' },
  })),
};

describe('the model steps of a run', () => {
  it('share a conversation where the start names a thread, and else none', async () => {
    const asked: (readonly string[])[] = [];
    const llm = (request: ModelRequest): string => {
      asked.push(request.messages.map(({ role, content }) => `${role}: ${content}`));
      return `Said ${asked.length}`;
    };
    const element = await showRunner({ workflow: conversation, llm });
    const first = next(element, 'runfinish');
    await element.start(undefined, { threadId: 'thread-1' });
    await first;
    expect(asked).toEqual([['user: Say one'], ['user: Say one', 'assistant: Said 1', 'user: Say two']]);
    expect(element.run?.events[0]).toMatchObject({ type: 'execution_started', threadId: 'thread-1' });
    const second = next(element, 'runfinish');
    await element.start();
    await second;
    expect(asked.slice(2)).toEqual([['user: Say one'], ['user: Say two']]);
  });
});

describe('a page that changes around a run', () => {
  it('may move the element: the run goes on', async () => {
    const work = gate();
    const element = await showRunner({ workflow: oneStep, actions: { work: work.run } });
    await element.start();
    await work.called();
    const elsewhere = document.body.appendChild(document.createElement('section'));
    elsewhere.append(element);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const finished = next(element, 'runfinish');
    work.open({ moved: true });
    expect((await finished).output).toEqual({ moved: true });
    expect(work.calls).toBe(1);
  });

  it('may write the run it sees into runid, and take it away again', async () => {
    const work = gate();
    const element = await showRunner({ workflow: oneStep, actions: { work: work.run } });
    const id = await element.start();
    await work.called();
    for (const runid of [id, undefined]) {
      element.runid = runid;
      await painted(element);
      expect(element.run).toMatchObject({ id, status: 'running', resumed: false });
    }
    const finished = next(element, 'runfinish');
    work.open('done');
    expect((await finished).output).toBe('done');
  });

  it('may lose the element and gain another: the run in progress is found again, and ends', async () => {
    const first = gate();
    const settings: Partial<WorkflowRunner> = {
      workflow: oneStep,
      store: 'indexeddb',
      namespace: `again-${crypto.randomUUID()}`,
    };
    const before = await showRunner({ ...settings, actions: { work: first.run } });
    const id = await before.start();
    await first.called();
    before.remove();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = gate();
    const after = makeRunner({ ...settings, actions: { work: second.run } });
    const resumed = next(after, 'runstart');
    document.body.append(after);
    expect(await resumed).toMatchObject({ id, resumed: true });
    await second.called();
    await painted(after);
    expect(after.run).toMatchObject({ id, status: 'running', resumed: true });
    expect(textOf(after, '[part=badge]')).toContain('Resumed');
    expect(findAll(after, '.bar.cut')).toHaveLength(1);
    const finished = next(after, 'runfinish');
    second.open('done');
    expect((await finished).output).toBe('done');
    expect(first.calls).toBe(1);
    expect(second.calls).toBe(1);
  });

  it('may name the run to show, also one that is over', async () => {
    const namespace = `named-${crypto.randomUUID()}`;
    const settings: Partial<WorkflowRunner> = { workflow: greeting, actions: friendly, store: 'indexeddb', namespace };
    const before = await showRunner(settings);
    const finished = next(before, 'runfinish');
    const id = await before.start({ who: 'Cy' });
    await finished;
    before.remove();
    const after = await showRunner({ ...settings, runid: id });
    expect(after.run).toMatchObject({ id, status: 'completed', output: { said: 'Hello Cy' } });
    expect(textOf(after, '[part=result]')).toContain('Hello Cy');
    after.runid = 'no-such-run';
    await expect.poll(() => textOf(after, '[part=error]')).toContain('no-such-run');
    expect(textOf(after, '[part=error]')).toContain('NOT_FOUND');
  });

  it('may submit the output of a completed run with a form around it', async () => {
    const form = document.body.appendChild(document.createElement('form'));
    const element = makeRunner({ workflow: greeting, actions: friendly, name: 'greeting' });
    form.append(element);
    await element.ready;
    expect(element.form).toBe(form);
    expect(new FormData(form).get('greeting')).toBeNull();
    const finished = next(element, 'runfinish');
    await element.start({ who: 'Di' });
    await finished;
    await painted(element);
    expect(new FormData(form).get('greeting')).toBe('{"said":"Hello Di"}');
    await fill(element, 'who', 'Someone else');
    form.reset();
    await painted(element);
    expect(field(element, 'who').value).toBe('');
  });
});

describe('a run on the edge', () => {
  const refusing =
    (status: number, code: string, extra: object = {}): typeof fetch =>
    async () =>
      Response.json({ title: code, status, detail: `Said by the server: ${code}`, code, ...extra }, { status });

  it('is asked of the endpoint with the page’s token, and says so', async () => {
    const asked: (readonly [string, string | null])[] = [];
    const fetch: typeof globalThis.fetch = async (input, init) => {
      asked.push([String(input), new Headers(init?.headers).get('authorization')]);
      return refusing(403, 'FORBIDDEN')(input, init);
    };
    const element = await showRunner({
      workflow: greeting,
      endpoint: 'https://edge.example/api',
      fetch,
      getToken: () => 'key-1',
    });
    expect(textOf(element, '[part=badge]')).toContain('On the edge');
    expect(asked).toEqual([]);
    await expect(element.start({ who: 'Ada' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(asked[0]).toEqual(['https://edge.example/api/v1/workflows/greet', 'Bearer key-1']);
    await painted(element);
    expect(textOf(element, '[part=error]')).toContain(defaultMessages['help.FORBIDDEN']);
    expect(element.status).toBe('idle');
  });

  it('tells a wrong key and a server out of reach apart', async () => {
    const element = await showRunner({ workflow: greeting, endpoint: '/api', fetch: refusing(401, 'UNAUTHORIZED') });
    await expect(element.start({ who: 'Ada' })).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    await painted(element);
    expect(textOf(element, '[part=error]')).toContain(defaultMessages['help.UNAUTHORIZED']);
    element.fetch = async () => {
      throw new TypeError('Failed to fetch');
    };
    await element.updateComplete;
    await expect(element.start({ who: 'Ada' })).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
    await painted(element);
    expect(textOf(element, '[part=error]')).toContain(defaultMessages['help.NETWORK_ERROR']);
  });

  it('moves back into the page when the endpoint goes', async () => {
    const element = await showRunner({
      ...{ workflow: greeting, actions: friendly, endpoint: '/api' },
      fetch: refusing(401, 'UNAUTHORIZED'),
    });
    const changed = next(element, 'storechange');
    element.endpoint = undefined;
    expect(await changed).toEqual({ place: 'browser', storage: 'memory' });
    const finished = next(element, 'runfinish');
    await element.start({ who: 'Ada' });
    expect((await finished).output).toEqual({ said: 'Hello Ada' });
  });
});

describe('an element taken out of the page and put back later', () => {
  it('goes on with its run', async () => {
    const work = gate();
    const element = await showRunner({ workflow: oneStep, store: 'indexeddb', actions: { work: work.run } });
    const id = await element.start();
    await work.called();
    element.remove();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(element.run).toBeNull();
    const resumed = next(element, 'runstart');
    document.body.append(element);
    expect(await resumed).toMatchObject({ id, resumed: true });
  });
});
