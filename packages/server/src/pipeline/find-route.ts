import { type QueryParameter, queryParametersOf, ROUTES, type Route } from '@openkupe/contract';
import { invalidRequest, Refusal } from '../errors/refusal.ts';
import type { IncomingRequest } from './exchange.ts';

/** The row of the contract's table that a request matches. */
export interface FoundRoute {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
  /** Reads many rows, and is made in slices. */
  readonly isList: boolean;
}

const PATHS = ROUTES.map((route) => ({
  method: route.method,
  pattern: new RegExp(`^${route.path.replace(/\{[a-z]+\}/g, '[^/]+')}$`),
}));

/** The methods that exist on a path, as the table lists them. */
export function methodsOn(path: string): string[] {
  const methods = PATHS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method as string);
  return methods.includes('GET') ? ['HEAD', ...methods] : methods;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** Refuses what matches no row of a table: 400 for a path that cannot be decoded, 404, or 405 with the `methods` that its path has. */
export function refuseUnmatched({ method, target }: Pick<IncomingRequest, 'method' | 'target'>, methods: readonly string[]): never {
  const path = target.split('?', 1)[0] ?? '';
  const shown = JSON.stringify(path.length > 120 ? `${path.slice(0, 120)}…` : path);
  if (!isDecodable(path)) throw invalidRequest(`The path ${shown} is not validly percent-encoded; encode each segment`);
  if (methods.length === 0) throw new Refusal(404, `There is nothing at ${shown}; check the path`, { code: 'unknown-route' });
  const allow = methods.join(', ');
  throw new Refusal(405, `${method} is not possible on ${shown}; use ${allow}`, { headers: { allow } });
}

/** Stage 3. The row of the contract's table, or 405 with the methods that exist, or 404. */
export function findRoute(request: IncomingRequest): FoundRoute {
  if (request.malformed) throw new Refusal(400, request.malformed, { headers: { connection: 'close' } });
  const { match } = request;
  // NOTE: the router takes `/clusters/` for a cluster whose name is empty.
  if (!match || Object.values(match.params).includes(''))
    return refuseUnmatched(request, request.methods ?? methodsOn(request.target.split('?', 1)[0] ?? ''));
  return { route: match.route, params: match.params, isList: match.route.id.endsWith('.list') };
}

const NO_PARAMETERS: readonly string[] = [];
const shorten = (name: string) => JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);

/**
 * The query parameters of a request target, once each of them is one of `known` and is there once. 400 names the first that is not: a
 * caller that writes `?dryRun=All` means something by it, and a write that ignored it would do what the caller wanted to avoid. "Unknown
 * fields" of the errors page, for the query. A `#` is refused too: a client never sends a fragment (RFC 9112 §3.2.1), and the router
 * ignores what follows it.
 */
export function checkQuery(target: string, known: readonly string[] = NO_PARAMETERS): URLSearchParams {
  if (target.includes('#')) throw invalidRequest('The request target must not hold a fragment; leave out "#" and what follows it');
  const at = target.indexOf('?');
  const query = new URLSearchParams(at === -1 ? '' : target.slice(at + 1));
  const seen = new Set<string>();
  for (const name of query.keys()) {
    if (!known.includes(name)) {
      const rest = known.length === 0 ? 'this path takes none' : `this path takes ${known.join(', ')}`;
      throw invalidRequest(`The request is not valid: unknown query parameter ${shorten(name)}; ${rest}`, 'unknown-query-parameter');
    }
    if (seen.has(name)) throw invalidRequest(`The request is not valid: query parameter ${shorten(name)} is there twice; send it once`);
    seen.add(name);
  }
  return query;
}

type Rule = QueryParameter & { readonly expression: RegExp };

function rulesOf(route: Route): ReadonlyMap<string, Rule> {
  return new Map(Object.entries(queryParametersOf(route)).map(([name, rule]) => [name, { ...rule, expression: new RegExp(rule.pattern) }]));
}

const RULES: ReadonlyMap<string, ReadonlyMap<string, Rule>> = new Map(
  (ROUTES as readonly Route[]).map((route) => [route.id, rulesOf(route)]),
);
const NOTHING: Readonly<Record<string, string>> = {};

/**
 * Stage 6. The query parameters of a request, each as its route says. 400 for one that the route does not take, that is there twice, or that
 * is not what it has to be.
 */
export function readQuery(target: string, route: Route): Readonly<Record<string, string>> {
  if (!/[?#]/.test(target)) return NOTHING;
  const rules = RULES.get(route.id) ?? rulesOf(route);
  const query: Record<string, string> = {};
  for (const [name, value] of checkQuery(target, [...rules.keys()])) {
    const { expression, rule } = rules.get(name) as Rule;
    if (!expression.test(value)) {
      throw invalidRequest(`The request is not valid: query parameter "${name}" must ${rule}, not ${JSON.stringify(value.slice(0, 60))}`);
    }
    query[name] = value;
  }
  return query;
}
