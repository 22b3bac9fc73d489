/** The part of json-logic-js that is compared with; the package brings no types. */
declare module 'json-logic-js' {
  const jsonLogic: {
    add_operation(name: string, operation: (...values: unknown[]) => unknown): void;
    apply(rule: object, data: object): unknown;
  };
  export = jsonLogic;
}
