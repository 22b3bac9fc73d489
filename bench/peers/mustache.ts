import mustache from 'mustache';

/** Parsed once, and nothing escaped, as workflow texts are not HTML. */
export function mustacheRenderer(template: string): (scope: object) => string {
  mustache.parse(template);
  return (scope) => mustache.render(template, scope, undefined, { escape: String });
}
