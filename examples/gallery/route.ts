/** Where the visitor is, kept in the address, so that a reload or a link leads to the same place and the same runs. */
export type Route =
  | { readonly view: 'gallery' }
  | { readonly view: 'start' }
  | { readonly view: 'stage'; readonly slug: string; readonly runs: Runs };

/** Ids of the two runs on the stage. */
export interface Runs {
  readonly page?: string;
  readonly edge?: string;
}

export function readRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  if (path === '') return { view: 'gallery' };
  if (path === 'start') return { view: 'start' };
  const parameters = new URLSearchParams(query);
  const page = parameters.get('page');
  const edge = parameters.get('edge');
  return { view: 'stage', slug: path, runs: { ...(page ? { page } : {}), ...(edge ? { edge } : {}) } };
}

export function stageHash(slug: string, runs: Runs = {}): string {
  const query = new URLSearchParams(Object.entries(runs)).toString();
  return `#/${slug}${query === '' ? '' : `?${query}`}`;
}
