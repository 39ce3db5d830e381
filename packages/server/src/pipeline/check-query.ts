import { invalidRequest } from '../errors/refusal.ts';

const NO_PARAMETERS: readonly string[] = [];
const shown = (name: string) => JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);

/** What follows the path in a request target: the query without its `?`. */
function queryOf(target: string): string {
  const at = target.indexOf('?');
  return at === -1 ? '' : target.slice(at + 1);
}

/**
 * The query parameters of a request target, once each of them is one of `known` and is there once. 400 names the first that is not: a
 * caller that writes `?dryRun=All` means something by it, and a write that ignored it would do what the caller wanted to avoid. "Unknown
 * fields" of the errors page, for the query. A `#` is refused too: a client never sends a fragment (RFC 9112 §3.2.1), and the router
 * ignores what follows it.
 */
export function checkQuery(target: string, known: readonly string[] = NO_PARAMETERS): URLSearchParams {
  if (target.includes('#')) throw invalidRequest('The request target must not hold a fragment; leave out "#" and what follows it');
  const query = new URLSearchParams(queryOf(target));
  const seen = new Set<string>();
  for (const name of query.keys()) {
    if (!known.includes(name)) {
      const rest = known.length === 0 ? 'this path takes none' : `this path takes ${known.join(', ')}`;
      throw invalidRequest(`The request is not valid: unknown query parameter ${shown(name)}; ${rest}`, 'unknown-query-parameter');
    }
    if (seen.has(name)) throw invalidRequest(`The request is not valid: query parameter ${shown(name)} is there twice; send it once`);
    seen.add(name);
  }
  return query;
}
