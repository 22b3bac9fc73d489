import {
  ConflictError,
  compile,
  compileStored,
  isFinal,
  outcomeOf,
  type Plan,
  readExecution,
} from '../runtime/index.js';
import { childNotFound, childRefusal, childStartError } from '../runtime/operations.js';
import type {
  Awaitable,
  ChildOutcome,
  ChildRequest,
  ChildWorkflows,
  ExecutionStore,
  Logger,
  RuntimePorts,
} from '../runtime/ports.js';
import type { BrowserRun } from './browser-run.js';

/**
 * The workflows that `workflow` steps may start: their documents by slug, or a function that gives one, or undefined
 * where there is none of that slug and version.
 */
export type Workflows = Readonly<Record<string, unknown>> | FindDocument;
export type FindDocument = (slug: string, version: string | undefined) => Awaitable<unknown>;

/** The runs of one host, as those see them that start other runs. */
export interface ChildRunsHost {
  readonly store: ExecutionStore;
  readonly logger: Logger | undefined;
  functions(): RuntimePorts['functions'];
  load(id: string): Promise<BrowserRun | undefined>;
  /** @throws ConflictError when the id is in use */
  begin(plan: Plan, request: ChildRequest): Promise<unknown>;
  /** One that waits for its turn is not to begin any more. */
  callOff(id: string): Promise<void>;
}

/**
 * Lets the runs of a page start one another. A child is a run like any other: driven by the tab that has its lease, seen
 * by all. The tab that drives its parent takes it up where nobody drives it, and hears of its end wherever that comes.
 */
export class ChildRuns implements ChildWorkflows {
  readonly #host: ChildRunsHost;
  readonly #find: FindDocument;

  constructor(host: ChildRunsHost, workflows: Workflows | undefined) {
    this.#host = host;
    this.#find = (slug, version) => findDocument(workflows, slug, version, host.functions());
  }

  async start(request: ChildRequest): Promise<void> {
    if (await this.#takeUp(request.executionId)) return;
    const { workflow, version } = request;
    const document = await this.#find(workflow, version);
    if (document === undefined) throw childNotFound(workflow, version);
    try {
      await this.#host.begin(compileStored(document, this.#host.functions()), request);
    } catch (error) {
      if (error instanceof ConflictError && (await this.#takeUp(request.executionId))) return;
      throw childStartError(childRefusal(error, workflow), workflow);
    }
  }

  async cancel(executionId: string, reason: string): Promise<void> {
    const run = await this.#host.load(executionId);
    if (run === undefined) return this.#host.callOff(executionId);
    if (run.finished) return;
    try {
      await run.cancel(reason);
    } catch (error) {
      if (!(error instanceof ConflictError && error.code === 'EXECUTION_FINISHED')) throw error;
    }
  }

  async outcome(executionId: string): Promise<ChildOutcome | undefined> {
    const run = await this.#host.load(executionId);
    if (run === undefined) return undefined;
    if (!run.finished) {
      // Another tab may bring it to its end: then nobody here reports it.
      run.settled().then(
        () => this.#reportEnd(executionId),
        () => undefined,
      );
      void run.standInLine();
      return undefined;
    }
    const read = await readExecution(this.#host.store, executionId, this.#host.functions());
    return read && outcomeOf(read.state);
  }

  report(parent: { readonly executionId: string; readonly activation: number }, outcome: ChildOutcome): void {
    this.#report(parent, outcome).catch((error: unknown) => this.#log(outcome.executionId, error));
  }

  async #reportEnd(executionId: string): Promise<void> {
    try {
      const read = await readExecution(this.#host.store, executionId, this.#host.functions());
      const outcome = read && outcomeOf(read.state);
      if (read === undefined || outcome === undefined || !isFinal(read.state.status)) return;
      const { executionId: parent, activation } = read.state.trigger;
      if (typeof parent !== 'string' || typeof activation !== 'number') return;
      await this.#report({ executionId: parent, activation }, outcome);
    } catch (error) {
      this.#log(executionId, error);
    }
  }

  /** A parent that is not driven here asks for the end itself: when it is opened, and by its own tab's {@link outcome}. */
  async #report(parent: { executionId: string; activation: number }, outcome: ChildOutcome): Promise<void> {
    const run = await this.#host.load(parent.executionId);
    await run?.childEnded(parent.activation, outcome);
  }

  /** @returns false when there is no run of that id */
  async #takeUp(id: string): Promise<boolean> {
    const run = await this.#host.load(id);
    if (run === undefined) return false;
    await run.standInLine();
    return true;
  }

  #log(executionId: string, error: unknown): void {
    const what = error instanceof Error ? error.message : String(error);
    this.#host.logger?.log('error', `The end of the run ${executionId} did not reach the one that started it: ${what}`);
  }
}

export function findDocument(
  workflows: Workflows | undefined,
  slug: string,
  version: string | undefined,
  functions: RuntimePorts['functions'],
): Awaitable<unknown> {
  if (typeof workflows === 'function') return workflows(slug, version);
  const document = workflows !== undefined && Object.hasOwn(workflows, slug) ? workflows[slug] : undefined;
  if (document === undefined || version === undefined) return document;
  return compile(document, { functions }).version === version ? document : undefined;
}
