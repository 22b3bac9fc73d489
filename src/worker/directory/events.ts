import { compileExpression, type Json, type JsonObject } from '../../../runtime/index.js';
import type { Logger } from '../../../runtime/ports.js';
import { isObject } from '../body.js';
import { readDocument, writeDocument } from '../chunks.js';
import type { Database } from '../migrations.js';
import type { Settings } from '../settings.js';
import type { EventWait } from './waiting.js';

/** Something that happened, which workflows may start from and executions may wait for. */
export interface PublishedEvent {
  /** Taken once. */
  readonly id: string;
  readonly name: string;
  readonly data: Json;
  /** Events that led to this one, each emitted by an execution that the one before started. */
  readonly depth: number;
}

/** What an event is to do: start a version of a workflow, or wake an execution. */
export interface Delivery {
  readonly event: string;
  readonly execution: string;
  /** The workflow to start; null to wake. */
  readonly slug: string | null;
  readonly number: number;
}

/** A definition that starts by events. */
export interface Subscription {
  readonly event: string;
  /** An expression over `event`, the event's data. */
  readonly filter: string | undefined;
}

type SubscriptionRow = { slug: string; number: number; filter: string | null };
type EventRow = { id: string; name: string; depth: number };

/** Milliseconds that an event is remembered: as long its id counts once, and wakes what had begun to wait before. */
const KEPT = 24 * 3600 * 1000;

/** The events of one organisation, and what of each is still to be delivered. */
export class Events {
  readonly #database: Database;
  readonly #functions: Settings['functions'];
  readonly #logger: Logger | undefined;

  constructor(database: Database, { logger, functions }: Pick<Settings, 'logger' | 'functions'>) {
    this.#database = database;
    this.#functions = functions;
    this.#logger = logger;
  }

  /** Follows a definition that became active, or went. Inside the caller's transaction. */
  follow(sql: SqlStorage, slug: string, number: number, subscriptions: readonly Subscription[]): void {
    sql.exec('DELETE FROM subscriptions WHERE slug = ?', slug);
    for (const [position, { event, filter }] of subscriptions.entries()) {
      sql.exec(
        'INSERT INTO subscriptions (slug, position, number, event, filter) VALUES (?, ?, ?, ?, ?)',
        slug,
        position,
        number,
        event,
        filter ?? null,
      );
    }
  }

  /** Records an event with all that it is to do, as one; false where it was taken before. */
  publish(event: PublishedEvent, now: number, newId: () => string): boolean {
    return this.#database.transaction((sql) => {
      sql.exec('DELETE FROM deliveries WHERE event IN (SELECT id FROM events WHERE at < ?)', now - KEPT);
      sql.exec(
        'DELETE FROM documents WHERE kind = ? AND owner IN (SELECT id FROM events WHERE at < ?)',
        KIND,
        now - KEPT,
      );
      sql.exec('DELETE FROM events WHERE at < ?', now - KEPT);
      if (sql.exec('SELECT 1 FROM events WHERE id = ?', event.id).toArray().length > 0) return false;
      const { id, name, data, depth } = event;
      sql.exec('INSERT INTO events (id, name, at, depth) VALUES (?, ?, ?, ?)', id, name, now, depth);
      writeDocument(sql, id, KIND, JSON.stringify(data));
      for (const { slug, number } of this.#subscribed(sql, event, now)) deliver(sql, id, newId(), slug, number);
      const waits = sql.exec<{ execution: string }>('SELECT DISTINCT execution FROM event_waits WHERE name = ?', name);
      for (const { execution } of waits.toArray()) deliver(sql, id, execution, null, 0);
      return true;
    });
  }

  /**
   * Wakes an execution that says only now what it waits for, by the events that came since it does. Inside the caller's
   * transaction.
   */
  catchUp(sql: SqlStorage, execution: string, waits: readonly EventWait[]): void {
    for (const { name, since } of waits) {
      const missed = sql.exec<EventRow>(
        'SELECT id, name, depth FROM events WHERE name = ? AND at >= ? ORDER BY at',
        name,
        since,
      );
      for (const { id } of missed.toArray()) deliver(sql, id, execution, null, 0);
    }
  }

  /** What is to be delivered, oldest first. */
  pending(): Delivery[] {
    const sql = this.#database.reading();
    if (!sql) return [];
    return sql
      .exec<Delivery & Record<string, string | number | null>>(
        'SELECT event, execution, slug, number FROM deliveries WHERE done = 0 ORDER BY rowid LIMIT 1000',
      )
      .toArray();
  }

  get isPending(): boolean {
    const sql = this.#database.reading();
    return sql !== undefined && sql.exec('SELECT 1 FROM deliveries WHERE done = 0 LIMIT 1').toArray().length > 0;
  }

  find(id: string): PublishedEvent | undefined {
    const sql = this.#database.reading();
    const row = sql?.exec<EventRow>('SELECT id, name, depth FROM events WHERE id = ?', id).toArray()[0];
    const data = sql && row && readDocument(sql, id, KIND);
    return row && data !== undefined ? { ...row, data: JSON.parse(data) } : undefined;
  }

  /** Kept while the event is, so that what was woken by it is not woken again. */
  settle({ event, execution }: Delivery): void {
    this.#database.transaction((sql) =>
      sql.exec('UPDATE deliveries SET done = 1 WHERE event = ? AND execution = ?', event, execution),
    );
  }

  #subscribed(sql: SqlStorage, { name, data }: PublishedEvent, now: number): SubscriptionRow[] {
    const rows = sql
      .exec<SubscriptionRow>('SELECT slug, number, filter FROM subscriptions WHERE event = ? ORDER BY slug', name)
      .toArray();
    const wanted = rows.filter(({ filter, slug }) => filter === null || this.#holds(filter, data, now, slug));
    // One event starts one execution of a workflow, however many of its triggers speak of it.
    return wanted.filter(({ slug }, at) => wanted.findIndex((other) => other.slug === slug) === at);
  }

  /** A filter that cannot be evaluated for this event does not hold for it. */
  #holds(filter: string, event: Json, now: number, slug: string): boolean {
    try {
      const functions = this.#functions;
      return Boolean(compileExpression(filter, { functions }).evaluate({ event }, { now, random: () => 0 }));
    } catch (error) {
      this.#logger?.log('warn', 'The filter of an event trigger failed.', { workflow: slug, error: String(error) });
      return false;
    }
  }
}

const KIND = 'event';

function deliver(sql: SqlStorage, event: string, execution: string, slug: string | null, number: number): void {
  sql.exec(
    'INSERT OR IGNORE INTO deliveries (event, execution, slug, number) VALUES (?, ?, ?, ?)',
    event,
    execution,
    slug,
    number,
  );
}

/** By what events a definition starts, if by any. */
export function subscriptionsIn(definition: JsonObject): Subscription[] {
  const { steps } = definition;
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((step) => {
    const config = isObject(step) && step.stepType === 'trigger' ? step.config : undefined;
    if (!isObject(config) || config.type !== 'event' || typeof config.eventType !== 'string') return [];
    return [{ event: config.eventType, filter: typeof config.filter === 'string' ? config.filter : undefined }];
  });
}
