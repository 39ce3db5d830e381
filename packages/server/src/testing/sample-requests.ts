import { ROUTES, type Route } from '@openkupe/contract';
import type { Sent } from './in-process.ts';

const PARAMETERS: Readonly<Record<string, string>> = { tenant: 'demo', name: 'one', id: 'ak-0123abcd', plan: 'pro' };

type RouteWithBody = Extract<(typeof ROUTES)[number], { body: unknown }>['id'];

/** A body that every route with one accepts; the type makes a missing one a compile error, so that a new route is tested before it is written. */
export const SAMPLE_BODIES: Readonly<Record<RouteWithBody, Readonly<Record<string, unknown>>>> = {
  'clusters.create': { name: 'one', resources: { cpu: '1', memory: '2Gi', storage: '10Gi' } },
  'clusters.update': { version: '1.33', resources: { cpu: '2' } },
  'tenants.update': { enforceLogLimit: true },
  'api-keys.create': { displayName: 'ci', role: 'readonly' },
};

/** The path of a route with every parameter filled in. */
export function samplePath(route: Route, overrides: Readonly<Record<string, string>> = {}): string {
  return route.path.replace(/\{([a-z]+)\}/g, (_all, name: string) => overrides[name] ?? PARAMETERS[name] ?? name);
}

/** A request that is well-formed for a route. What it names need not exist. */
export function sampleRequest(route: Route, overrides: Readonly<Record<string, string>> = {}): Sent {
  const body = SAMPLE_BODIES[route.id as RouteWithBody];
  return { method: route.method, path: samplePath(route, overrides), ...(body ? { body } : {}) };
}

export const EVERY_ROUTE: readonly Route[] = ROUTES;
export const TENANT_ROUTES: readonly Route[] = EVERY_ROUTE.filter(({ access }) => access !== 'public');
export const ADMIN_ROUTES: readonly Route[] = EVERY_ROUTE.filter(({ access }) => access === 'admin');
export const ROUTES_WITH_BODY: readonly Route[] = EVERY_ROUTE.filter(({ body }) => body !== undefined);
export const WRITES: readonly Route[] = EVERY_ROUTE.filter(({ method }) => method !== 'GET');
