import type { Logger } from '../../../runtime/ports.js';
import { executionStub } from '../addresses.js';
import type { StartCommand } from '../execution-app.js';
import type { WorkerEnv } from '../options.js';
import type { Definitions } from './definitions.js';
import type { Delivery, Events, PublishedEvent } from './events.js';

interface Surroundings {
  readonly env: WorkerEnv;
  readonly logger: Logger | undefined;
  readonly events: Events;
  readonly definitions: Definitions;
}

/** Brings what a directory has for executions to them: at least once, each as recorded until it has arrived. */
export class Courier {
  readonly #around: Surroundings;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Resolves when all has been tried. What could not be brought stays. Never rejects. */
  async run(organization: string): Promise<void> {
    this.#again = true;
    this.#running ??= this.#run(organization).finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #run(organization: string): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await Promise.all(this.#around.events.pending().map((delivery) => this.#bring(organization, delivery)));
    }
  }

  async #bring(organization: string, delivery: Delivery): Promise<void> {
    const { events, logger } = this.#around;
    const event = events.find(delivery.event);
    try {
      if (event !== undefined) await this.#tell(organization, delivery, event);
      events.settle(delivery);
    } catch (error) {
      logger?.log('warn', 'An event could not be brought to an execution; it will be tried again.', {
        execution: delivery.execution,
        error: String(error),
      });
    }
  }

  async #tell(organization: string, delivery: Delivery, event: PublishedEvent): Promise<void> {
    const { execution } = delivery;
    const { path, body } = this.#message(organization, delivery, event);
    if (path === undefined) return;
    const response = await executionStub(this.#around.env, organization, execution).fetch(`https://object${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (response.status >= 500) throw new Error(`It answered ${response.status}.`);
    // Over, gone, or not startable by this event: no other time would do.
    if (!response.ok && response.status !== 404 && response.status !== 409) {
      const { code }: { code?: string } = await response.json();
      const data = { execution, workflow: delivery.slug, code: code ?? null };
      this.#around.logger?.log('warn', 'An event was refused by what it was for.', data);
    }
  }

  #message(
    organization: string,
    { execution, slug, number }: Delivery,
    event: PublishedEvent,
  ): { path?: string; body?: object } {
    const { id, name, data, depth } = event;
    if (slug === null) return { path: '/internal/signal', body: { name, data, id: `event:${id}` } };
    const found = this.#around.definitions.findPinned(slug, number);
    if (!found) return {};
    const command: StartCommand = {
      executionId: execution,
      organizationId: organization,
      definition: JSON.parse(found.definition),
      input: data,
      trigger: { type: 'event', name, id, depth },
    };
    return { path: '/internal/start', body: command };
  }
}
