import type { Admissions } from '../../../runtime/operations.js';
import type { Logger } from '../../../runtime/ports.js';
import { executionStub } from '../addresses.js';
import type { WorkerEnv } from '../options.js';
import type { StartCommand } from '../start-command.js';
import type { Definitions } from './definitions.js';
import type { Delivery, Events, PublishedEvent } from './events.js';
import type { Place, Places } from './places.js';

interface Surroundings {
  readonly env: WorkerEnv;
  readonly logger: Logger | undefined;
  readonly events: Events;
  readonly definitions: Definitions;
  readonly places: Places;
  readonly admissions: Admissions;
}

/** Brings what a directory has for executions to them: at least once, each as recorded until it has arrived. */
export class Courier {
  readonly #around: Surroundings;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get isPending(): boolean {
    return this.#around.events.isPending || this.#around.places.isPending;
  }

  /** Whether there is something to bring; of the places only where this execution has one, as there may be many. */
  isDue(about: string | undefined): boolean {
    const { events, places } = this.#around;
    return events.isPending || ((about === undefined || places.has(about)) && places.isPending);
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
      await this.#callUp(organization);
    }
  }

  /** Gives the places of those that are over to those that wait, and tells each whose turn it is. */
  async #callUp(organization: string): Promise<void> {
    const { places, admissions, logger } = this.#around;
    for (const { key, execution } of places.over()) await admissions.left(key, execution);
    for (const { key, execution } of places.begun()) await admissions.started(key, execution);
    for (const place of places.unstarted()) {
      try {
        await this.#begin(organization, place);
      } catch (error) {
        const { execution } = place;
        const data = { execution, error: String(error) };
        logger?.log('warn', 'An execution could not be told that its turn has come; it will be told again.', data);
      }
    }
  }

  async #begin(organization: string, { key, execution }: Place): Promise<void> {
    const { env, admissions } = this.#around;
    const stub = executionStub(env, organization, execution);
    const response = await stub.fetch('https://object/internal/begin', { method: 'POST' });
    if (response.ok) return admissions.started(key, execution);
    if (response.status >= 500) throw new Error(`It answered ${response.status}.`);
    // Called off, or not startable after all: the next one's turn.
    const next = await admissions.left(key, execution);
    if (next.length > 0) this.#again = true;
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
      trigger: { type: 'event', name, id, eventDepth: depth },
    };
    return { path: '/internal/start', body: command };
  }
}
