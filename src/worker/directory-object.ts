import { DurableObject } from 'cloudflare:workers';
import { NewtflowError, ValidationError } from '../../runtime/index.js';
import { Admissions, type ConcurrencyBound } from '../../runtime/operations.js';
import type { ExecutionSummary } from '../../runtime/ports.js';
import { Alarm } from './alarm.js';
import { Breakers, type StoredBreaker } from './directory/breakers.js';
import { type Claim, Claims } from './directory/claims.js';
import { Courier } from './directory/courier.js';
import {
  Definitions,
  type NewVersion,
  type StoredDefinition,
  type Version,
  type Workflow,
} from './directory/definitions.js';
import type { ScheduleSpec } from './directory/due-times.js';
import { Events, subscriptionsIn } from './directory/events.js';
import { ExecutionIndex, type Page, type StandingQuery } from './directory/execution-index.js';
import { type ApiKey, Keys } from './directory/keys.js';
import { Options } from './directory/options.js';
import { Places } from './directory/places.js';
import { Scheduler } from './directory/scheduler.js';
import { Schedules } from './directory/schedules.js';
import { type ApprovalQuery, type Waiting, WaitingIndex } from './directory/waiting.js';
import type { Directory, EnterAnswer, OptionsAnswer, Preparation, ScheduleView } from './directory-api.js';
import { Database, directoryMigrations } from './migrations.js';
import type { WorkerEnv } from './options.js';
import type { Settings } from './settings.js';
import type { Standing } from './standing.js';

/**
 * What one organisation has beside its executions: definitions, the index of executions, idempotency keys, schedules and
 * API keys. Its public methods are called by the Worker and by executions; they answer in plain values, as errors lose
 * their class on the way.
 */
export class DirectoryObject extends DurableObject<WorkerEnv> implements Directory {
  readonly #settings: Settings;
  readonly #database: Database;
  readonly #definitions: Definitions;
  readonly #index: ExecutionIndex;
  readonly #waiting: WaitingIndex;
  readonly #claims: Claims;
  readonly #options: Options;
  readonly #breakers: Breakers;
  readonly #keys: Keys;
  readonly #schedules: Schedules;
  readonly #scheduler: Scheduler;
  readonly #events: Events;
  readonly #places: Places;
  readonly #admissions: Admissions;
  readonly #courier: Courier;
  readonly #alarm: Alarm;
  #running: Promise<void> | undefined;

  constructor(context: DurableObjectState, env: WorkerEnv, settings: Settings) {
    super(context, env);
    this.#settings = settings;
    this.#database = new Database(context.storage, directoryMigrations);
    this.#definitions = new Definitions(this.#database);
    this.#index = new ExecutionIndex(this.#database);
    this.#waiting = new WaitingIndex(this.#database);
    this.#claims = new Claims(this.#database);
    this.#options = new Options(settings);
    this.#breakers = new Breakers(this.#database);
    this.#keys = new Keys(this.#database);
    this.#schedules = new Schedules(this.#database);
    const { logger } = settings;
    this.#events = new Events(this.#database, settings);
    this.#places = new Places(this.#database);
    this.#admissions = new Admissions(this.#places);
    this.#courier = new Courier({
      ...{ env, logger, events: this.#events, definitions: this.#definitions },
      ...{ places: this.#places, admissions: this.#admissions },
    });
    this.#scheduler = new Scheduler({
      ...{ env, settings, database: this.#database, schedules: this.#schedules },
      ...{ definitions: this.#definitions, claims: this.#claims, index: this.#index },
    });
    this.#alarm = new Alarm(context, settings.clock);
  }

  // --- Definitions ---

  putDefinition(put: NewVersion, schedule: ScheduleSpec | undefined): { workflow: Workflow; created: boolean } {
    const now = this.#settings.clock.now();
    return this.#database.transaction((sql) => {
      const { workflow, change } = this.#definitions.put(sql, put, now);
      if (change !== 'none') {
        this.#schedules.follow(sql, put.slug, workflow.number, schedule, now);
        this.#events.follow(sql, put.slug, workflow.number, subscriptionsIn(JSON.parse(put.definition)));
      }
      return { workflow, created: change === 'created' };
    });
  }

  activate(slug: string, number: number, schedule: ScheduleSpec | undefined): Workflow | undefined {
    if (!this.#database.reading()) return undefined;
    const now = this.#settings.clock.now();
    return this.#database.transaction((sql) => {
      const found = this.#definitions.activate(sql, slug, number, now);
      if (found) {
        this.#schedules.follow(sql, slug, number, schedule, now);
        this.#events.follow(sql, slug, number, subscriptionsIn(JSON.parse(found.definition)));
      }
      return found?.workflow;
    });
  }

  removeDefinition(slug: string): boolean {
    if (!this.#database.reading()) return false;
    return this.#database.transaction((sql) => {
      const removed = this.#definitions.remove(sql, slug);
      if (removed) {
        this.#schedules.follow(sql, slug, 0, undefined, 0);
        this.#events.follow(sql, slug, 0, []);
      }
      return removed;
    });
  }

  definition(slug: string, number?: number): StoredDefinition | undefined {
    return this.#definitions.find(slug, number);
  }

  definitionOf(slug: string, version: string | undefined): StoredDefinition | undefined {
    return this.#definitions.findByText(slug, version);
  }

  definitions(): Workflow[] {
    return this.#definitions.list();
  }

  versions(slug: string): Version[] | undefined {
    return this.#definitions.versions(slug);
  }

  // --- Starting ---

  prepare(slug: string, number: number | undefined, key: string | undefined, fingerprint: string): Preparation {
    const claim = key === undefined ? undefined : this.#claims.find(key);
    if (claim) {
      if (claim.fingerprint !== fingerprint) return { kind: 'reused' };
      const pinned = this.#definitions.findPinned(claim.slug, claim.number);
      if (pinned) return { kind: 'repeated', claim, definition: pinned.definition };
    }
    const found = this.#definitions.find(slug, number);
    if (found) return { kind: 'new', found };
    if (number !== undefined && this.#definitions.find(slug)) return { kind: 'no-version' };
    return { kind: 'no-workflow' };
  }

  /** Records what an idempotency key stands for; answers with what it stood for already, where it did. */
  claim(key: string, claim: Claim): Claim {
    return this.#claims.record(key, claim, this.#settings.clock.now());
  }

  // --- Executions ---

  /** Takes an execution's report of itself. */
  index(summary: string, waiting?: string): void {
    const report: ExecutionSummary = JSON.parse(summary);
    const waits: Waiting = waiting === undefined ? { approvals: [], events: [] } : JSON.parse(waiting);
    this.#database.transaction((sql) => {
      if (!this.#index.record(sql, report, summary)) return;
      this.#waiting.replace(sql, report.id, waits);
      this.#events.catchUp(sql, report.id, waits.events);
      this.#armForCourier(report.id);
    });
    this.#sendOut(report.id);
  }

  list(query: StandingQuery): Page | { readonly problem: string } {
    return paged(() => this.#index.list(query));
  }

  approvals(query: ApprovalQuery): Page | { readonly problem: string } {
    return paged(() => this.#waiting.approvals(query));
  }

  // --- Concurrency ---

  async enter(organization: string, entry: string): Promise<EnterAnswer> {
    const { bound, standing }: { bound: ConcurrencyBound; standing: Standing } = JSON.parse(entry);
    this.#remember(organization);
    try {
      const { status } = await this.#admissions.enter(bound, standing.id, {});
      if (status === 'queued') {
        this.#database.transaction((sql) => this.#index.record(sql, standing, JSON.stringify(standing)));
      }
      return { status };
    } catch (error) {
      if (!(error instanceof NewtflowError)) throw error;
      return { status: 'refused', code: error.code, message: error.message };
    }
  }

  async occupy(organization: string, entry: string): Promise<void> {
    const { bound, id }: { bound: ConcurrencyBound; id: string } = JSON.parse(entry);
    this.#remember(organization);
    await this.#admissions.occupy(bound, id);
    // It may have ended before it was counted.
    this.#armForCourier(id);
    this.#sendOut(id);
  }

  async leave(key: string, standing: string): Promise<void> {
    const left: Standing = JSON.parse(standing);
    this.#database.transaction((sql) => {
      this.#index.replace(sql, left, standing);
      this.#armForCourier(left.id);
    });
    await this.#admissions.left(key, left.id);
    this.#armForCourier(left.id);
    this.#sendOut();
  }

  // --- Events ---

  /** Takes an event; false where it was taken before. It is brought to whom it concerns afterwards, and kept until then. */
  publish(organization: string, event: string): boolean {
    const now = this.#settings.clock.now();
    this.#remember(organization);
    const isNew = this.#events.publish(JSON.parse(event), now, () => this.#settings.random.id());
    this.#armForCourier();
    this.#sendOut();
    return isNew;
  }

  /** Goes off where something could not be brought at once. */
  override async alarm(): Promise<void> {
    this.#alarm.fired();
    this.#armForCourier();
    await this.#courier.run(this.#organization());
    if (!this.#courier.isPending) this.#alarm.set(null);
  }

  // --- What actions share ---

  options(organization: string, name: string, inputs: string): Promise<OptionsAnswer> {
    return this.#options.of(organization, name, JSON.parse(inputs));
  }

  breaker(key: string): StoredBreaker | undefined {
    return this.#breakers.read(key);
  }

  writeBreaker(key: string, state: string, version: number): boolean {
    return this.#breakers.write(key, state, version);
  }

  // --- Keys ---

  key(hash: string): Pick<ApiKey, 'name' | 'role'> | undefined {
    return this.#keys.find(hash);
  }

  addKey(hash: string, key: ApiKey): void {
    this.#keys.add(hash, key);
  }

  keys(): ApiKey[] {
    return this.#keys.list();
  }

  revokeKey(id: string): boolean {
    return this.#keys.revoke(id);
  }

  // --- Schedules ---

  schedules(): ScheduleView[] {
    return this.#scheduler.views();
  }

  /** Starts what this organisation's schedules have due by `now`. What cannot be started now is tried at the next call. */
  async runDue(organization: string, now: number): Promise<void> {
    // One at a time: a call that comes while another runs waits for it, then looks again.
    while (await this.#running) await this.#running;
    this.#running = this.#scheduler.run(organization, now).finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  // --- The registry ---

  registerOrganization(name: string): void {
    this.#database.transaction((sql) => sql.exec('INSERT OR IGNORE INTO organizations (name) VALUES (?)', name));
  }

  organizations(): string[] {
    const rows = this.#database.reading()?.exec<{ name: string }>('SELECT name FROM organizations ORDER BY name');
    return rows?.toArray().map((row) => row.name) ?? [];
  }

  /** @param about the execution that may have made something due; all are looked at when absent */
  #armForCourier(about?: string): void {
    if (this.#courier.isDue(about)) this.#alarm.armBy(this.#settings.clock.now() + this.#settings.leaseMs);
  }

  /** In the background: whoever made something due does not wait for it. */
  #sendOut(about?: string): void {
    if (!this.#courier.isDue(about)) return;
    const sent = this.#courier.run(this.#organization()).then(() => {
      if (!this.#courier.isPending) this.#alarm.set(null);
    });
    this.ctx.waitUntil(sent);
  }

  #remember(organization: string): void {
    this.#database.transaction((sql) => sql.exec('INSERT OR IGNORE INTO self (organization) VALUES (?)', organization));
  }

  #organization(): string {
    const rows = this.#database.reading()?.exec<{ organization: string }>('SELECT organization FROM self').toArray();
    return rows?.[0]?.organization ?? '';
  }
}

function paged(read: () => Page): Page | { readonly problem: string } {
  try {
    return read();
  } catch (error) {
    if (error instanceof ValidationError) return { problem: error.message };
    throw error;
  }
}
