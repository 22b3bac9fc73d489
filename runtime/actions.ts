/**
 * The actions that come with Newtflow, and the options of form fields. Beside `index.ts`, so that a page which brings its
 * own loads none of it.
 */

export type { HttpRequestOptions } from './actions/builtin/http-request.js';
export { builtinActions } from './actions/builtin/index.js';
export { DataProviders, type ProvidedOption } from './actions/data-providers.js';
