import { StateMachine } from 'aws-local-stepfunctions';
import type { Engine } from '../engine.js';
import { type Kind, LEAST_TOTAL } from '../mix.js';
import { handle, isOrder } from '../order.js';

/** In seconds. Tasks have a timeout, a minute by default; no run takes that long but the one that is held. */
const HOUR = 3600;
const RESOURCE = 'arn:aws:lambda:us-east-1:123456789012:function:handle';

/**
 * One state per step: a `Task` answered by a local handler, its output the next one's input; a `Choice`; a `Pass` that keeps
 * a value beside the order. The event log goes unread.
 */
export function awsLocalStepFunctions(kinds: readonly Kind[]): Engine {
  const states = kinds.map((kind, index) => {
    const last = index === kinds.length - 1;
    return [nameOf(index), stateOf(kind, last ? undefined : nameOf(index + 1))] as const;
  });
  // It refuses a state that nothing leads to.
  const otherwise: Record<string, State> = kinds.includes('condition')
    ? { small: { Type: 'Fail', Error: 'small' } }
    : {};
  const machine = new StateMachine({ StartAt: nameOf(0), States: { ...Object.fromEntries(states), ...otherwise } });
  const taskResourceLocalHandlers = Object.fromEntries(
    states.map(([name]) => [
      name,
      async (input: unknown) => {
        if (!isOrder(input)) throw new Error('There is no order');
        return { ...(await handle(input)) };
      },
    ]),
  );
  return {
    name: 'aws-local-stepfunctions',
    start: (order) => machine.run({ ...order }, { overrides: { taskResourceLocalHandlers } }).result,
  };
}

type State = ConstructorParameters<typeof StateMachine>[0]['States'][string];

/** In the words that cost it least: no path where the whole input will do. */
function stateOf(kind: Kind, next: string | undefined): State {
  const after = next === undefined ? ({ End: true } as const) : { Next: next };
  if (kind === 'action') return { Type: 'Task', Resource: RESOURCE, TimeoutSeconds: HOUR, ...after };
  if (kind === 'set_variables') return { Type: 'Pass', InputPath: '$.handled', ResultPath: '$.reached', ...after };
  if (next === undefined) throw new Error('A decision comes before something');
  return {
    Type: 'Choice',
    Choices: [{ Variable: '$.total', NumericGreaterThan: LEAST_TOTAL, Next: next }],
    Default: 'small',
  };
}

function nameOf(index: number): string {
  return `handle_${index}`;
}
