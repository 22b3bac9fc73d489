import jsonata from 'jsonata';

/** Gives a promise, which its users must wait for. */
export function jsonataEvaluator(source: string): (context: object) => Promise<unknown> {
  const compiled = jsonata(source);
  return (context) => compiled.evaluate(context);
}
