import { expect } from 'vitest';
import type { ActionContext } from '../../runtime/index.js';
import { START } from './hand-driven.js';

/** What a provider may see of a call; none of these asks for more. */
export function contextOf(organization: string): ActionContext {
  const none = () => expect.unreachable('no provider here asks for that');
  return {
    ...{ executionId: 'x', activationId: 1, step: 'form', attempt: 1, idempotencyKey: 'x/1', organization, now: START },
    signal: new AbortController().signal,
    ...{ log: none, checkpoint: none, getConfig: none, getSecret: none, fetch: none, emit: none },
  };
}
