import { ROUTES } from '@openkupe/contract';
import { invalidRequest, Refusal } from '../errors/refusal.ts';
import type { IncomingRequest } from './exchange.ts';

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

/** Stage 3. The row of the contract's table, or 405 with the methods that exist, or 404. */
export function findRoute(request: IncomingRequest): NonNullable<IncomingRequest['match']> {
  if (request.malformed) throw new Refusal(400, request.malformed, { headers: { connection: 'close' } });
  // NOTE: the router takes `/clusters/` for a cluster whose name is empty.
  if (request.match && !Object.values(request.match.params).includes('')) return request.match;
  const path = request.target.split('?', 1)[0] ?? '';
  const methods = request.methods ?? methodsOn(path);
  const shown = JSON.stringify(path.length > 120 ? `${path.slice(0, 120)}…` : path);
  if (!isDecodable(path)) throw invalidRequest(`The path ${shown} is not validly percent-encoded; encode each segment`);
  if (methods.length === 0) throw new Refusal(404, `There is nothing at ${shown}; check the path`, { code: 'unknown-route' });
  throw new Refusal(405, `${request.method} is not possible on ${shown}; use ${methods.join(', ')}`, {
    headers: { allow: methods.join(', ') },
  });
}
