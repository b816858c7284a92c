/** Finds the client's method that sends a request, by the request's HTTP method and path. */
import { ROUTE_TABLE } from './route-table.js';

/** A row of the table. */
interface Route {
  /** The client's resource and method, such as `files.content`. */
  readonly name: string;
  /** The path with `{}` for each id. */
  readonly template: string;
}

/** The route of one request. */
export interface RequestedRoute extends Route {
  /** The ids in the path, in the template's order. */
  readonly ids: readonly string[];
}

/** The routes by the segments of their path, with the name `{}` for a segment that is an id, and by HTTP method. */
interface RouteNode {
  readonly next: Map<string, RouteNode>;
  readonly routes: Map<string, Route>;
}

/** Made when it is first needed. */
let root: RouteNode | undefined;

function routeTree(): RouteNode {
  const top = routeNode();
  for (const line of ROUTE_TABLE.trim().split('\n')) {
    const [verb = '', template = '', name = ''] = line.split(' ');
    let place = top;
    for (const part of template.split('/').slice(1)) {
      const next = place.next.get(part) ?? routeNode();
      place.next.set(part, next);
      place = next;
    }
    place.routes.set(verb, { name, template });
  }
  return top;
}

function routeNode(): RouteNode {
  return { next: new Map(), routes: new Map() };
}

/**
 * Finds the client's method that sends a request. Returns `undefined` for a path that no method has.
 *
 * @param verb - the HTTP method, in any case.
 * @param path - the path as the client's methods have it, or a URL that begins with the client's base URL. Its query is
 * ignored.
 */
export function findRoute(
  verb: string,
  path: string,
  baseURL: string | undefined,
): RequestedRoute | undefined {
  root ??= routeTree();
  const ids: string[] = [];
  let place = root;
  for (const part of relativePath(path, baseURL).split('/')) {
    if (part === '') continue;
    const literal = place.next.get(part);
    const next = literal ?? place.next.get('{}');
    if (next === undefined) return undefined;
    if (literal === undefined) ids.push(part);
    place = next;
  }
  const route = place.routes.get(verb.toUpperCase());
  return route && { ...route, ids };
}

function relativePath(path: string, baseURL: string | undefined): string {
  const end = path.search(/[?#]/);
  const withoutQuery = end < 0 ? path : path.slice(0, end);
  const base = baseURL?.replace(/\/+$/, '');
  return base && withoutQuery.startsWith(`${base}/`) ? withoutQuery.slice(base.length) : withoutQuery;
}
