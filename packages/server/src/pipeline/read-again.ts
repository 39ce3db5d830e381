import { ROUTES, type Route, type RouteId } from '@openkupe/contract';
import { Refusal } from '../errors/refusal.ts';
import type { Exchange, Reply } from './exchange.ts';
import type { Call } from './handler.ts';
import type { Ports } from './ports.ts';
import { readNow } from './read-now.ts';
import { serialise } from './serialise.ts';

/** The GET whose answer shows what a write answered. */
export interface ReadAgain {
  readonly routeId: RouteId;
  readonly params: Call['params'];
}

const ROWS: readonly (Route & { readonly id: RouteId })[] = ROUTES;

/** How the answer of this write can be read later: the GET on its path, or on the path of what a POST makes. */
export function howToReadAgain(route: Route, { params, body }: Pick<Call, 'params' | 'body'>): ReadAgain | undefined {
  const isCreate = route.method === 'POST';
  const path = isCreate ? `${route.path}/{name}` : route.path;
  const read = ROWS.find((row) => row.method === 'GET' && row.path === path);
  if (!read) return undefined;
  return { routeId: read.id, params: isCreate ? { ...params, name: (body as { name: string }).name } : params };
}

/** The reply of that GET to this caller now. 404 when what was written is gone. */
export async function readKept({ routeId, params }: ReadAgain, exchange: Exchange, call: Call, ports: Ports): Promise<Reply> {
  const read = ROWS.find(({ id }) => id === routeId);
  const answer = read && (await readNow(read, { ...call, params }, ports));
  if (read && answer) return serialise(exchange, read, answer);
  throw new Refusal(
    404,
    'The first request with this Idempotency-Key was executed, and what it wrote is gone meanwhile; read the list to see what is there',
    { code: 'replayed-target-gone' },
  );
}
