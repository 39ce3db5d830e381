import { isDeepStrictEqual } from 'node:util';
import type { AlertRoute } from '@openkupe/contract';
import { checkRoutes } from '../../alertmanager/check-routes.ts';
import type { Call, Decision, PreconditionTarget } from '../../pipeline/handler.ts';
import type { Resource } from '../../store/resource.ts';
import { defineHandler, type HandlerDependencies } from '../define-handler.ts';
import { changeDocument, changedAtOf, loadForWrite, openDocument, preconditionOf, type Row, routeAt, tagOf } from './document.ts';

interface RoutesState {
  readonly tenant: Resource<'tenant'>;
  readonly row: Row;
  readonly precondition: PreconditionTarget;
  readonly [loaded: string]: unknown;
}

async function loadRoutes(call: Call, { store }: Pick<HandlerDependencies, 'store'>): Promise<RoutesState> {
  const state = await loadForWrite(call, store);
  return { ...state, precondition: preconditionOf(state.tenant.name, state.row, changedAtOf(state.row).routes) };
}

/** Replaces the list of routes, or changes nothing when it is the same. `body` is what the caller gets. */
function replaceRoutes({ tenant, row }: RoutesState, routes: readonly AlertRoute[], deps: HandlerDependencies, body?: unknown): Decision {
  checkRoutes(routes, new Set(Object.keys(changedAtOf(row).receivers)));
  const document = openDocument(row, deps);
  if (isDeepStrictEqual(routes, document.routes)) return { answer: { ...(body === undefined ? {} : { body }), tagged: tagOf(row) } };
  return changeDocument(
    {
      tenant,
      row,
      next: { ...document, routes },
      moved: (change) => ({ routes: change }),
      target: 'routes',
      message: `The alert routes were changed; there are ${routes.length} now`,
      body,
    },
    deps,
  );
}

/** Replaces the whole list of routes. */
export const putAlertRoutes = defineHandler('alertmanager.routes.put', {
  load: loadRoutes,
  decide(call, state, deps) {
    const items = call.body.items ?? [];
    return replaceRoutes(state, items, deps, { items });
  },
});

/** Empties the list of routes; repeating it changes nothing. */
export const clearAlertRoutes = defineHandler('alertmanager.routes.clear', {
  load: loadRoutes,
  decide: (_call, state, deps) => replaceRoutes(state, [], deps),
});

/** Replaces the route at an index, or 404. */
export const putAlertRoute = defineHandler('alertmanager.routes.put-one', {
  load: loadRoutes,
  decide(call, state, deps) {
    const { routes } = openDocument(state.row, deps);
    routeAt(call, routes);
    return replaceRoutes(state, routes.with(Number(call.params.index), call.body), deps, call.body);
  },
});

/** Removes the route at an index, or 404; those behind it move up. */
export const deleteAlertRoute = defineHandler('alertmanager.routes.delete-one', {
  load: loadRoutes,
  decide(call, state, deps) {
    const { routes } = openDocument(state.row, deps);
    routeAt(call, routes);
    return replaceRoutes(state, routes.toSpliced(Number(call.params.index), 1), deps);
  },
});
