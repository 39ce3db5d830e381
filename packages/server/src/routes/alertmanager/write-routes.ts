import { isDeepStrictEqual } from 'node:util';
import type { AlertRoute } from '@openkupe/contract';
import { checkRoutes } from '../../alertmanager/check-routes.ts';
import { type Call, type Decision, defineHandler, type Guard, type Means } from '../../pipeline/handler.ts';
import type { Resource } from '../../store/resource.ts';
import type { Store } from '../../store/store.ts';
import { changeDocument, changedAtOf, guardOf, loadForWrite, openDocument, type Row, tagOf } from './document.ts';
import { routeAt } from './route-at.ts';

interface RoutesState {
  readonly tenant: Resource<'tenant'>;
  readonly row: Row;
  readonly guard: Guard;
  readonly [loaded: string]: unknown;
}

async function loadRoutes(call: Call, store: Store): Promise<RoutesState> {
  const state = await loadForWrite(call, store);
  return { ...state, guard: guardOf(state.tenant.name, state.row, changedAtOf(state.row).routes) };
}

/** Replaces the list of routes, or changes nothing when it is the same. `body` is what the caller gets. */
function replaceRoutes({ tenant, row }: RoutesState, routes: readonly AlertRoute[], means: Means, body?: unknown): Decision {
  checkRoutes(routes, new Set(Object.keys(changedAtOf(row).receivers)));
  const document = openDocument(row, means);
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
    means,
  );
}

export const putAlertRoutes = defineHandler('alertmanager.routes.put', {
  load: loadRoutes,
  decide(call, state, means) {
    const items = call.body.items ?? [];
    return replaceRoutes(state, items, means, { items });
  },
});

export const clearAlertRoutes = defineHandler('alertmanager.routes.clear', {
  load: loadRoutes,
  decide: (_call, state, means) => replaceRoutes(state, [], means),
});

export const putAlertRoute = defineHandler('alertmanager.routes.put-one', {
  load: loadRoutes,
  decide(call, state, means) {
    const { routes } = openDocument(state.row, means);
    routeAt(call, routes);
    return replaceRoutes(state, routes.with(Number(call.params.index), call.body), means, call.body);
  },
});

export const deleteAlertRoute = defineHandler('alertmanager.routes.delete-one', {
  load: loadRoutes,
  decide(call, state, means) {
    const { routes } = openDocument(state.row, means);
    routeAt(call, routes);
    return replaceRoutes(state, routes.toSpliced(Number(call.params.index), 1), means);
  },
});
