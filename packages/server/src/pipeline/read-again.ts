import { ROUTES, type Route, type RouteId } from '@openkupe/contract';
import type { Call } from './handler.ts';

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
