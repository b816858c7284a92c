/**
 * Addresses within the page: everything after `#`, so that the server needs to know none of them. Each view and each
 * selection has one.
 */
import { useEffect, useState } from 'preact/hooks';

export interface Route {
  /** Decoded segments: `#/session/a%2Fb` is `['session', 'a/b']`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

type Params = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  return { path: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

export function hrefOf(path: readonly string[], params: Params | URLSearchParams = {}): string {
  const query = (params instanceof URLSearchParams ? params : searchOf(params)).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${query === '' ? '' : `?${query}`}`;
}

/** A parameter for each value that is set. */
export function searchOf(params: Params): URLSearchParams {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === '') continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  return search;
}

export function goTo(href: string): void {
  location.hash = href;
}

/** Changes the address without a step in the browser's history: for a selection that follows a key, or a text typed. */
export function replaceRoute(href: string): void {
  if (location.hash === href) return;
  history.replaceState(null, '', href);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

/**
 * Changes parameters of the address as it is now. A key may follow another before the view has rendered the address that
 * the first one made.
 */
export function replaceParams(values: Readonly<Record<string, string>>): void {
  const { path, query } = parseRoute(location.hash);
  for (const [name, value] of Object.entries(values)) query.set(name, value);
  replaceRoute(hrefOf(path, query));
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return parseRoute(hash);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
