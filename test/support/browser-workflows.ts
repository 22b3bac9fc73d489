import type { Action, ActionContext, Json, JsonObject } from '../../runtime/ports.js';
import type { RunHandle } from '../../web-component/run-source.js';

/** Steps one after the other; each is `{slug: [type, config]}`. */
export function sequence(name: string, steps: Readonly<Record<string, readonly [string, JsonObject]>>): JsonObject {
  const slugs = Object.keys(steps);
  return {
    name,
    steps: [
      { stepSlug: 'start', stepType: 'trigger', config: { type: 'manual' }, nextSteps: { success: slugs[0] ?? 'end' } },
      ...Object.entries(steps).map(([stepSlug, [stepType, config]], index) => ({
        stepSlug,
        stepType,
        config,
        nextSteps: { success: slugs[index + 1] ?? 'end' },
      })),
    ],
  };
}

/** Two effects; the second sees the result of the first. */
export const twoEffects = sequence('Two effects', {
  first: ['action', { type: 'work', parameters: { part: 1 } }],
  second: ['action', { type: 'work', parameters: { part: 2, before: '{{steps.first.output}}' } }],
});

/** Waits for an event, then one effect with its data. */
export const approval = sequence('Approval', {
  ask: ['wait_for_event', { event: 'approved' }],
  book: ['action', { type: 'work', parameters: { by: '{{steps.ask.output.by}}' } }],
});

/** One effect, then a failure, and one effect that undoes the first. */
export const undoing: JsonObject = {
  name: 'Undoing',
  steps: [
    {
      ...{ stepSlug: 'book', stepType: 'action', nextSteps: { success: 'stop' } },
      config: { type: 'work', compensate: { type: 'work' } },
    },
    { stepSlug: 'stop', stepType: 'fail', config: { code: 'STOP', message: 'No' } },
  ],
};

export interface HandCall {
  readonly parameters: JsonObject;
  readonly context: ActionContext;
  answer(value: Json): void;
  fail(error: unknown): void;
}

/** An action whose calls are answered by hand. */
export class HandDriven {
  readonly calls: HandCall[] = [];
  readonly action: Action;
  readonly #watchers = new Set<() => void>();

  constructor(type = 'work') {
    this.action = {
      type,
      run: (parameters, context) =>
        new Promise((answer, fail) => {
          this.calls.push({ parameters, context, answer, fail });
          for (const watcher of this.#watchers) watcher();
        }),
    };
  }

  /** The call of this number, from 1, as soon as it has been made. */
  call(number: number): Promise<HandCall> {
    return new Promise((resolve) => {
      const look = (): void => {
        const call = this.calls[number - 1];
        if (call === undefined) return;
        this.#watchers.delete(look);
        resolve(call);
      };
      this.#watchers.add(look);
      look();
    });
  }
}

/** Resolves once a run is driven from there. */
export function untilDriver(run: RunHandle, driver: RunHandle['driver']): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (run.driver === driver) resolve();
    };
    run.onDriverChange(look);
    look();
  });
}
