import { afterEach, describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { defaultMessages, type WorkflowRunner } from '../../web-component/index.js';
import {
  cleanPage,
  field,
  fill,
  find,
  findAll,
  makeRunner,
  next,
  painted,
  showRunner,
  textOf,
} from './element-page.js';

afterEach(cleanPage);

function asking(...parameters: object[]): object {
  return {
    name: 'Form',
    slug: 'form',
    parameters,
    steps: [{ stepSlug: 'keep', stepType: 'output', config: { mapping: '{{input}}' } }],
  };
}

async function submit(element: WorkflowRunner): Promise<void> {
  find(element, '[part=run-button]').click();
  await painted(element);
}

/** The input a run gets from the form as it stands. */
async function inputOf(element: WorkflowRunner): Promise<unknown> {
  const started = next(element, 'runstart');
  await submit(element);
  return (await started).input;
}

const described = (element: WorkflowRunner, name: string): string =>
  (field(element, name).getAttribute('aria-describedby') ?? '')
    .split(' ')
    .filter((id) => id !== '')
    .map((id) => find(element, `#${id}`).textContent?.trim())
    .join(' | ');

describe('a field', () => {
  it('has a real label, its help, and its error once it was left', async () => {
    const element = await showRunner({
      workflow: asking({ name: 'mail', type: 'email', label: 'E-mail', required: true, help: 'For the receipt.' }),
    });
    const input = field(element, 'mail');
    expect(input.labels?.[0]?.textContent).toContain('E-mail');
    expect(input.type).toBe('email');
    expect(input.getAttribute('aria-required')).toBe('true');
    expect(described(element, 'mail')).toBe('For the receipt.');
    input.focus();
    input.value = 'ada@';
    input.dispatchEvent(new Event('input'));
    await element.updateComplete;
    expect(findAll(element, '.note.error')).toEqual([]);
    input.blur();
    await element.updateComplete;
    expect(described(element, 'mail')).toBe(`For the receipt. | ${defaultMessages['form.errorEmail']}`);
    expect(input.getAttribute('aria-invalid')).toBe('true');
    await fill(element, 'mail', 'ada@example.com');
    expect(findAll(element, '.note.error')).toEqual([]);
    expect(input.hasAttribute('aria-invalid')).toBe(false);
  });

  it.each([
    ['number', '12.5', 12.5],
    ['integer', '12', 12],
    ['url', 'https://example.com/a', 'https://example.com/a'],
    ['textarea', 'two\nlines', 'two\nlines'],
    ['date', '2026-02-03', '2026-02-03'],
    ['json', '{"a": [1]}', { a: [1] }],
    ['password', 'hunter2', 'hunter2'],
    ['string', 'plain', 'plain'],
  ])('of type %s hands on what it stands for', async (type, typed, value) => {
    const element = await showRunner({ workflow: asking({ name: 'value', type, label: 'Value' }) });
    await fill(element, 'value', typed);
    expect(await inputOf(element)).toEqual({ value });
  });

  it('of type datetime hands on the moment', async () => {
    const element = await showRunner({ workflow: asking({ name: 'at', type: 'datetime', label: 'At' }) });
    await fill(element, 'at', '2026-02-03T04:05');
    expect(await inputOf(element)).toEqual({ at: new Date('2026-02-03T04:05').toISOString() });
  });

  it('ticks, and chooses one or many', async () => {
    const element = await showRunner({
      workflow: asking(
        { name: 'on', type: 'boolean', label: 'On' },
        {
          name: 'size',
          type: 'select',
          label: 'Size',
          options: [
            { value: 1, label: 'One' },
            { value: 2, label: 'Two' },
          ],
        },
        { name: 'tags', type: 'multiselect', label: 'Tags', options: ['a', 'b', 'c'], default: ['b'] },
      ),
    });
    find(element, 'input[data-field=on]').click();
    await fill(element, 'size', '2');
    const boxes = findAll(element, '[data-field=tags]');
    expect(boxes.map((box) => box instanceof HTMLInputElement && box.checked)).toEqual([false, true, false]);
    boxes[2]?.click();
    await element.updateComplete;
    expect(await inputOf(element)).toEqual({ on: true, size: 2, tags: ['b', 'c'] });
  });

  it.each([
    ['number', 'a few', defaultMessages['form.errorNumber']],
    ['integer', '1.5', defaultMessages['form.errorInteger']],
    ['url', 'example', defaultMessages['form.errorUrl']],
    ['json', '{"a":', 'Enter valid JSON'],
  ])('of type %s says what it cannot read', async (type, typed, message) => {
    const element = await showRunner({ workflow: asking({ name: 'value', type, label: 'Value' }) });
    await fill(element, 'value', typed);
    expect(textOf(element, '.note.error')).toContain(message);
    expect(element.checkValidity()).toBe(false);
  });

  it('keeps to the limits of the definition', async () => {
    const element = await showRunner({
      workflow: asking({ name: 'age', type: 'integer', label: 'Age', validation: { min: 18 } }),
    });
    await fill(element, 'age', '17');
    expect(textOf(element, '.note.error')).toContain('18');
    await fill(element, 'age', '18');
    expect(textOf(element, '.note.error')).toBe('');
    expect(element.checkValidity()).toBe(true);
  });
});

describe('a submit with faults', () => {
  it('lists them with links to the fields, and starts nothing', async () => {
    const element = await showRunner({
      workflow: asking(
        { name: 'one', type: 'string', label: 'First', required: true },
        { name: 'two', type: 'number', label: 'Second', required: true },
      ),
    });
    await submit(element);
    const summary = find(element, '[part=error-summary]');
    expect(element.shadowRoot?.activeElement).toBe(summary);
    expect(textOf(element, '[part=error-summary] .notice-title')).toBe('2 fields need attention');
    expect(element.run).toBeNull();
    findAll(element, '[part=error-summary] a')[1]?.click();
    expect(element.shadowRoot?.activeElement).toBe(field(element, 'two'));
    await fill(element, 'one', 'x');
    await fill(element, 'two', '2');
    expect(findAll(element, '[part=error-summary]')).toEqual([]);
    expect(await inputOf(element)).toEqual({ one: 'x', two: 2 });
  });
});

describe('options from a data provider', () => {
  const workflow = asking({
    name: 'team',
    type: 'select',
    label: 'Team',
    dataProvider: { name: 'teams', inputs: { org: 7 } },
  });

  it('are loaded, asked with the definition’s inputs', async () => {
    const asked: unknown[] = [];
    let answer: (options: readonly string[]) => void = () => undefined;
    const teams = (inputs: unknown): Promise<readonly string[]> => {
      asked.push(inputs);
      return new Promise((resolve) => {
        answer = resolve;
      });
    };
    const element = await showRunner({ workflow, dataProviders: { teams } });
    expect(field(element, 'team').disabled).toBe(true);
    expect(described(element, 'team')).toContain('Loading');
    answer(['red', 'blue']);
    await expect.poll(() => field(element, 'team').disabled).toBe(false);
    expect(textOf(element, '[data-field=team] option')).toBe('Choose… | red | blue');
    expect(asked).toEqual([{ org: 7 }]);
    await fill(element, 'team', '"blue"');
    expect(await inputOf(element)).toEqual({ team: 'blue' });
  });

  it('may be none, may fail and be asked again, may have no provider', async () => {
    const none = await showRunner({ workflow, dataProviders: { teams: () => [] } });
    await expect.poll(() => described(none, 'team')).toContain(defaultMessages['form.optionsEmpty']);
    let failing = true;
    const teams = (): string[] => {
      if (failing) throw new Error('out of order');
      return ['green'];
    };
    const broken = await showRunner({ workflow, dataProviders: { teams } });
    await expect.poll(() => described(broken, 'team')).toContain('out of order');
    failing = false;
    find(broken, '.note .link').click();
    await expect.poll(() => textOf(broken, '[data-field=team] option')).toContain('green');
    const without = await showRunner({ workflow });
    expect(described(without, 'team')).toContain('teams');
  });

  it('flags a choice that is no longer offered', async () => {
    const element = await showRunner({ workflow, input: { team: 'grey' }, dataProviders: { teams: () => ['red'] } });
    await expect.poll(() => textOf(element, '[data-field=team] option')).toContain('grey (no longer offered)');
  });
});

describe('what was typed', () => {
  const workflow = asking(
    { name: 'note', type: 'string', label: 'Note' },
    { name: 'key', type: 'password', label: 'Key' },
  );

  it('is there again after a reload, but never a secret', async () => {
    const namespace = `draft-${crypto.randomUUID()}`;
    const before = await showRunner({ workflow, namespace });
    await fill(before, 'note', 'half a thought');
    await fill(before, 'key', 's3cret');
    expect(JSON.stringify({ ...localStorage })).not.toContain('s3cret');
    before.remove();
    const after = await showRunner({ workflow, namespace });
    expect(field(after, 'note').value).toBe('half a thought');
    expect(field(after, 'key').value).toBe('');
  });

  it('is filled in and replaced by the input property, which stays as the page set it', async () => {
    const input = { note: 'from the page', extra: 1 };
    const element = await showRunner({ workflow, input });
    expect(field(element, 'note').value).toBe('from the page');
    await fill(element, 'note', 'mine');
    expect(element.input).toBe(input);
    expect(input.note).toBe('from the page');
    element.input = { note: 'newer' };
    await element.updateComplete;
    expect(field(element, 'note').value).toBe('newer');
  });
});

describe('an element that takes no input', () => {
  it('is disabled by its attribute, or by the fieldset around it', async () => {
    const fieldset = document.body.appendChild(document.createElement('fieldset'));
    const element = makeRunner({ workflow: asking({ name: 'note', type: 'string' }) });
    fieldset.append(element);
    await element.ready;
    await painted(element);
    expect(field(element, 'note').disabled).toBe(false);
    fieldset.disabled = true;
    await element.updateComplete;
    expect(field(element, 'note').disabled).toBe(true);
    fieldset.disabled = false;
    element.disabled = true;
    await element.updateComplete;
    expect(find<HTMLButtonElement>(element, '[part=run-button]').disabled).toBe(true);
  });

  it('offers neither run nor cancel when readonly', async () => {
    const element = await showRunner({ workflow: asking({ name: 'note', type: 'string' }), readonly: true });
    expect(findAll(element, '[part=run-button]')).toEqual([]);
    expect(field(element, 'note').disabled).toBe(true);
  });
});

describe('several choices', () => {
  it('are marked as wrong together, and no longer once one is made', async () => {
    const element = await showRunner({
      workflow: asking({ name: 'tags', type: 'multiselect', label: 'Tags', required: true, options: ['a', 'b'] }),
    });
    await submit(element);
    expect(findAll(element, '[data-field=tags]').map((each) => each.ariaInvalid)).toEqual(['true', 'true']);
    await userEvent.click(field(element, 'tags'));
    await painted(element);
    expect(findAll(element, '[data-field=tags][aria-invalid]')).toEqual([]);
    expect(await inputOf(element)).toEqual({ tags: ['a'] });
  });
});

describe('a file', () => {
  const choosing = asking({ name: 'report', type: 'file', label: 'Report', required: true });
  const choose = async (element: WorkflowRunner, ...files: readonly File[]): Promise<void> => {
    await userEvent.upload(page.elementLocator(field(element, 'report')), [...files]);
  };

  it('becomes its name, type, size and content', async () => {
    const element = await showRunner({ workflow: choosing });
    expect(field(element, 'report').type).toBe('file');
    await choose(element, new File(['Grüße'], 'report.txt', { type: 'text/plain' }));
    await expect.poll(() => element.checkValidity()).toBe(true);
    expect(await inputOf(element)).toEqual({
      report: { name: 'report.txt', type: 'text/plain', size: 7, data: btoa('Gr\u00c3\u00bc\u00c3\u009fe') },
    });
    expect(field(element, 'report').files).toHaveLength(1);
  });

  it('is asked for, and refused where it is too large', async () => {
    const element = await showRunner({ workflow: choosing });
    await submit(element);
    expect(described(element, 'report')).toBe(defaultMessages['form.errorRequired']);
    await choose(element, new File([new Uint8Array(2 * 1024 * 1024 + 1)], 'film.bin'));
    await expect.poll(() => described(element, 'report')).toBe('film.bin has 2.1 MB. Choose a file of at most 2 MB.');
    await submit(element);
    expect(element.run).toBeNull();
    await choose(element, new File(['a'], 'small.txt'));
    await expect.poll(() => described(element, 'report')).toBe('');
  });

  it('may be given by the page, and goes with a reset', async () => {
    const given = { name: 'given.txt', type: 'text/plain', size: 1, data: 'YQ==' };
    const element = await showRunner({ workflow: choosing, input: { report: given } });
    expect(described(element, 'report')).toBe('given.txt is given. Choose a file to replace it.');
    await choose(element, new File(['b'], 'mine.txt'));
    await expect.poll(() => described(element, 'report')).toBe('');
    element.formResetCallback();
    await element.updateComplete;
    expect(field(element, 'report').files).toHaveLength(0);
    expect(await inputOf(element)).toEqual({ report: given });
  });
});

describe('a mouse', () => {
  it('presses Run where it stands, though the field it leaves is wrong', async () => {
    const element = await showRunner({
      workflow: asking(
        { name: 'mail', type: 'email', label: 'E-mail' },
        { name: 'note', type: 'string', label: 'Note' },
      ),
    });
    const mail = page.elementLocator(field(element, 'mail'));
    const run = find(element, '[part=run-button]');
    const standing = run.getBoundingClientRect().top;
    await userEvent.fill(mail, 'ada@');
    await userEvent.click(run, { position: { x: 20, y: 4 } });
    await painted(element);
    expect(textOf(element, '[part=error-summary]')).toContain('E-mail: Enter an e-mail address');
    // What is wrong does move it, only later: else nothing was shown here.
    expect(run.getBoundingClientRect().top).toBeGreaterThan(standing);
  });

  it('sees what is wrong with the field it left by pressing elsewhere', async () => {
    const element = await showRunner({ workflow: asking({ name: 'mail', type: 'email', label: 'E-mail' }) });
    await userEvent.fill(page.elementLocator(field(element, 'mail')), 'ada@');
    await userEvent.click(find(element, '[part=name]'));
    await expect.poll(() => textOf(element, '.note.error')).toContain('Enter an e-mail address');
    expect(findAll(element, '[part=error-summary]')).toEqual([]);
  });
});
