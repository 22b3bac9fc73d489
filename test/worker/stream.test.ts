import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../runtime/ports.js';
import { call, expectProblem, newOrganization, put, run, send, start, workflow } from './client.js';
import { EventReader, numbersIn } from './sse.js';

const rounds: JsonObject = {
  name: 'rounds',
  slug: 'rounds',
  steps: [
    { stepSlug: 'hold', stepType: 'wait_for_event', config: { event: 'go' }, nextSteps: { success: 'many' } },
    {
      stepSlug: 'many',
      stepType: 'loop',
      config: { items: '{{range(0, 40)}}', itemVariable: 'item' },
      nextSteps: { next: 'act', done: 'last' },
    },
    {
      stepSlug: 'act',
      stepType: 'action',
      config: { type: 'echo', parameters: { i: '{{item}}' } },
      nextSteps: { success: 'many' },
    },
    { stepSlug: 'last', stepType: 'wait_for_event', config: { event: 'stop' } },
  ],
};

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

let key: string;
beforeEach(async () => {
  ({ key } = await newOrganization());
});

describe('the event stream', () => {
  it('of an execution that is over is its history, then the end', async () => {
    await put(key, workflow('greet'));
    const { body } = await run(key, 'greet');
    const reader = await EventReader.open(key, `/v1/executions/${body.id}/events`);
    const messages = await reader.until(() => false);
    const { items } = (await call('GET', `/v1/executions/${body.id}/events`, { key })).body;
    expect(messages.filter((message) => message.event === 'message').map((message) => message.data)).toEqual(items);
    expect(messages.at(-2)).toMatchObject({ event: 'summary', data: { id: body.id, status: 'completed' } });
    expect(messages.at(-1)).toEqual({ event: 'end', data: { status: 'completed' } });
  });

  it('goes on live, and says at each stand where the execution is', async () => {
    await put(key, rounds);
    const { id } = await start(key, 'rounds');
    const reader = await EventReader.open(key, `/v1/executions/${id}/events`);
    const history = await reader.until((message) => message.event === 'summary');
    expect(history.at(-1)?.data).toMatchObject({ status: 'waiting', currentSteps: ['hold'] });
    await call('POST', `/v1/executions/${id}/signals/go`, { key });
    await call('POST', `/v1/executions/${id}/signals/stop`, { key });
    const live = await reader.until((message) => message.event === 'end');
    const numbers = numbersIn([...history, ...live]);
    expect(numbers).toEqual(upTo(numbers.length));
    expect(numbers.length).toBeGreaterThan(120);
    expect(live.at(-1)).toEqual({ event: 'end', data: { status: 'completed' } });
    expect(await reader.next()).toBeUndefined();
  });

  it('resumes after any event with none lost and none repeated, by header or by query', async () => {
    await put(key, rounds);
    const { id } = await start(key, 'rounds');
    const path = `/v1/executions/${id}/events`;
    const first = await EventReader.open(key, path);
    const seen = numbersIn(await first.until((message) => message.event === 'summary'));
    await call('POST', `/v1/executions/${id}/signals/go`, { key });
    // Lets go in the middle, over and over, and takes up where it was.
    let reader = first;
    for (let round = 0; seen.length < 60; round += 1) {
      seen.push(...numbersIn(await reader.until((message) => Number(message.id ?? 0) % 7 === 0)));
      await reader.close();
      const last = String(seen.at(-1));
      reader =
        round % 2 === 0
          ? await EventReader.open(key, path, { 'last-event-id': last })
          : await EventReader.open(key, `${path}?after=${last}`);
    }
    await call('POST', `/v1/executions/${id}/signals/stop`, { key });
    seen.push(...numbersIn(await reader.until((message) => message.event === 'end')));
    expect(seen).toEqual(upTo(seen.length));
    const { body } = await call('GET', `/v1/executions/${id}`, { key });
    expect(seen.length).toBe(body.seq);
  });

  it('prefers Last-Event-ID, which a reconnecting EventSource adds to the address it had', async () => {
    await put(key, workflow('greet'));
    const { body } = await run(key, 'greet');
    const reader = await EventReader.open(key, `/v1/executions/${body.id}/events?after=0`, { 'last-event-id': '2' });
    expect(numbersIn(await reader.until(() => false))[0]).toBe(3);
  });

  it('answers 204 when nothing can follow', async () => {
    await put(key, workflow('greet'));
    const { body } = await run(key, 'greet');
    const headers = { accept: 'text/event-stream', 'last-event-id': String(body.seq) };
    expect((await send('GET', `/v1/executions/${body.id}/events`, { key, headers })).status).toBe(204);
  });

  it('shows several watchers the same', async () => {
    await put(key, rounds);
    const { id } = await start(key, 'rounds');
    const readers = await Promise.all([1, 2, 3].map(() => EventReader.open(key, `/v1/executions/${id}/events`)));
    await call('POST', `/v1/executions/${id}/signals/go`, { key });
    await call('POST', `/v1/executions/${id}/signals/stop`, { key });
    const all = await Promise.all(readers.map((reader) => reader.until((message) => message.event === 'end')));
    const numbers = all.map(numbersIn);
    expect(numbers[1]).toEqual(numbers[0]);
    expect(numbers[2]).toEqual(numbers[0]);
    expect(numbers[0]).toEqual(upTo(numbers[0]?.length ?? 0));
  });

  it('sends a comment now and then, so that nobody in between hangs up', async () => {
    await put(key, rounds);
    const { id } = await start(key, 'rounds');
    const reader = await EventReader.open(key, `/v1/executions/${id}/events`);
    await reader.until((message) => message.event === 'summary');
    const before = reader.comments;
    const next = reader.next();
    await new Promise((resolve) => setTimeout(resolve, 250));
    await call('POST', `/v1/executions/${id}/signals/go`, { key });
    await next;
    expect(reader.comments).toBeGreaterThan(before + 1);
    await reader.close();
  });

  it('refuses a number that is none', async () => {
    await put(key, workflow('greet'));
    const { body } = await run(key, 'greet');
    const headers = { accept: 'text/event-stream', 'last-event-id': 'seven' };
    expectProblem(await call('GET', `/v1/executions/${body.id}/events`, { key, headers }), 400, 'INVALID_REQUEST');
  });
});
