import type { HttpRequestOptions } from '../../runtime/actions.js';
import type { GivenFunctions } from '../../runtime/index.js';
import type { Action, Clock, LanguageModel, Logger, Random, SecretStore } from '../../runtime/ports.js';
import type { Directory } from './directory-api.js';

/** The bindings and variables of the Worker. */
export interface WorkerEnv {
  readonly EXECUTIONS: DurableObjectNamespace;
  readonly DIRECTORY: DurableObjectNamespace<Directory & Rpc.DurableObjectBranded>;
  /** A site served by the same Worker. */
  readonly ASSETS?: Fetcher;
  /** SHA-256, in hex, of the key that makes the first keys. */
  readonly NEWTFLOW_ADMIN_KEY_HASH?: string;
  /** The key of local development. */
  readonly NEWTFLOW_DEV_KEY?: string;
  /** What links to decide approvals are signed with: at least 32 characters that nobody can guess. */
  readonly NEWTFLOW_LINK_KEY?: string;
  /** Origins whose pages may call the API, separated by commas. */
  readonly NEWTFLOW_ALLOWED_ORIGINS?: string;
}

/** What a Worker brings of its own. Everything is optional. */
export interface WorkerOptions {
  /** What the steps of type `action` can do beside the built-in actions; one of the same type takes its place. */
  readonly actions?: readonly Action[];
  /**
   * What expressions may call beside the language's own functions. Executions under way are compiled with them each time
   * they are taken up: take none away that a stored definition calls.
   */
  readonly functions?: GivenFunctions;
  /** How `http_request` may go about it. */
  readonly http?: HttpRequestOptions;
  readonly model?: LanguageModel;
  readonly secrets?: SecretStore;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  /** Origins whose pages may call the API, exact; `*` for all. None but the Worker's own when absent. */
  readonly allowedOrigins?: readonly string[];
  /** Bytes of the largest request body; 4 MiB when absent. */
  readonly maxBodyBytes?: number;
  /** Milliseconds after a crash within which an execution goes on by itself; 30,000 when absent. */
  readonly leaseMs?: number;
  /** Milliseconds between the comments of an idle event stream; 15,000 when absent. */
  readonly heartbeatMs?: number;
}

/** Options, or how to make them of the environment: called once for each request and each object. */
export type WorkerSetup<Env extends WorkerEnv = WorkerEnv> = WorkerOptions | ((env: Env) => WorkerOptions);
