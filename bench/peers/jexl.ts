import jexl from 'jexl';

/** The transforms that the compared expressions use, as plain as they can be written. */
export function jexlEvaluator(source: string): (context: object) => unknown {
  const language = new jexl.Jexl();
  language.addTransform('length', (value) => (Array.isArray(value) || typeof value === 'string' ? value.length : 0));
  language.addTransform('map', (value, key) => list(value).map((item) => member(item, key)));
  language.addTransform('unique', (value) => [...new Set(list(value))]);
  language.addTransform('join', (value, separator) => list(value).join(String(separator)));
  language.addTransform('upper', (value) => String(value).toUpperCase());
  language.addTransform('find', (value, key, wanted) => list(value).find((item) => member(item, key) === wanted));
  const compiled = language.compile(source);
  return (context) => compiled.evalSync(context);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function member(value: unknown, key: unknown): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, String(key)) : undefined;
}
