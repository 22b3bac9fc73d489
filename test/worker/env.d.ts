import type { DirectoryObject } from '../../src/worker/directory-object.js';
import type { ExecutionObject } from '../../src/worker/execution-object.js';
import type { WorkerEnv } from '../../src/worker/index.js';
import type { StoreObject } from '../support/worker-entry.js';

declare global {
  // biome-ignore lint/style/noNamespace: this is how the types of workerd are told of bindings
  namespace Cloudflare {
    interface Env extends WorkerEnv {
      readonly EXECUTIONS: DurableObjectNamespace<ExecutionObject>;
      readonly DIRECTORY: DurableObjectNamespace<DirectoryObject>;
      readonly NEWTFLOW_LINK_KEY: string;
      readonly STORES: DurableObjectNamespace<StoreObject>;
    }
    interface GlobalProps {
      mainModule: typeof import('../support/worker-entry.js');
    }
  }
}
