import type { AlertRoute } from '@openkupe/contract';
import { notFound } from '../../errors/refusal.ts';
import type { Call } from '../../pipeline/handler.ts';

/** The route at the place that the path names, or 404. */
export function routeAt(call: Call, routes: readonly AlertRoute[]): AlertRoute {
  const { index = '', tenant } = call.params;
  const route = routes[Number(index)];
  if (!route) throw notFound('Route', index, tenant);
  return route;
}
