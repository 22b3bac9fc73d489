import type { Json, JsonObject, Trigger } from '../../runtime/ports.js';

/** What the Worker asks an object to start: the body of `POST /internal/start`. */
export interface StartCommand {
  readonly executionId: string;
  readonly organizationId: string;
  /** In its normal form. */
  readonly definition: JsonObject;
  readonly input?: Json;
  readonly threadId?: string;
  readonly trigger: Trigger;
}
