import { expect } from 'vitest';
import type { JournalEvent } from '../../runtime/index.js';
import { MiniflareHost } from '../support/miniflare-host.js';
import { eventful, expectPromised, type Moment } from './kills.js';

/** Runs the eventful workflow in workerd, whose process is killed at these moments and started again on its files. */
export async function runKilledWorker(moments: readonly Moment[]): Promise<void> {
  const document = eventful('perform');
  const host = await MiniflareHost.start((step, _, times) =>
    step === 'second' && times === 1 ? { status: 503, body: null } : { status: 200, body: { done: step } },
  );
  try {
    expect((await host.call('PUT', '/v1/workflows/eventful', document)).status).toBe(201);
    const { body: started } = await host.call('POST', '/v1/workflows/eventful/executions', {});
    for (const { effects, delay } of moments) {
      await host.arrivals(effects);
      await new Promise((resolve) => setTimeout(resolve, delay));
      await host.kill();
      await host.boot();
    }
    const { body } = await host.call('GET', `/v1/executions/${started.id}?wait=60`);
    expect(body).toMatchObject({ status: 'failed', error: { code: 'STOP' } });
    const { body: history } = await host.call('GET', `/v1/executions/${started.id}/events`);
    const events: JournalEvent[] = JSON.parse(JSON.stringify(history.items));
    expectPromised(document, events, performedOn(host), moments.length);
  } finally {
    await host.dispose();
  }
}

function performedOn({ performed }: MiniflareHost): { name: string; key: string }[] {
  return [...performed].flatMap(([effect, times]) => {
    const [name = '', key = ''] = effect.split(' ');
    return Array.from({ length: times }, () => ({ name, key }));
  });
}
