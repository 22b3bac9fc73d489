import { StateMachine } from 'aws-local-stepfunctions';
import type { Contender } from '../harness.js';
import { checkHandled, firstOrder, handle, isOrder } from '../order.js';

/** One `Task` state per step, answered by a local handler, its output the next one's input. The event log goes unread. */
export function awsLocalStepFunctions(steps: number): Contender {
  const names = Array.from({ length: steps }, (_, index) => `handle_${index}`);
  const machine = new StateMachine({
    StartAt: 'handle_0',
    States: Object.fromEntries(
      names.map((name, index) => {
        const Resource = 'arn:aws:lambda:us-east-1:123456789012:function:handle';
        const Next = names[index + 1];
        return [name, Next === undefined ? { Type: 'Task', Resource, End: true } : { Type: 'Task', Resource, Next }];
      }),
    ),
  });
  const taskResourceLocalHandlers = Object.fromEntries(
    names.map((name) => [
      name,
      async (input: unknown) => {
        if (!isOrder(input)) throw new Error('There is no order');
        return { ...(await handle(input)) };
      },
    ]),
  );
  return {
    name: 'aws-local-stepfunctions',
    units: steps,
    async run() {
      const execution = machine.run({ ...firstOrder }, { overrides: { taskResourceLocalHandlers } });
      checkHandled(await execution.result, steps);
    },
  };
}
