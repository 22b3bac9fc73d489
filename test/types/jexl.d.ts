/** The part of JEXL that serves as an oracle; the package has no types. */
declare module 'jexl' {
  export class Jexl {
    addTransform(name: string, transform: (value: unknown, ...args: unknown[]) => unknown): void;
    evalSync(expression: string, context: object): unknown;
  }
}
