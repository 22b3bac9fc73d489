/** The part of jexl that is compared with; the package brings no types. */
declare module 'jexl' {
  class Jexl {
    addTransform(name: string, transform: (value: unknown, ...args: unknown[]) => unknown): void;
    compile(source: string): { evalSync(context: object): unknown };
  }
  const jexl: { readonly Jexl: typeof Jexl };
  export = jexl;
}
