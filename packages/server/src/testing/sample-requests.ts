import { ROUTES, type Route } from '@openkupe/contract';
import type { Sent } from './in-process.ts';

const PARAMETERS: Readonly<Record<string, string>> = {
  tenant: 'demo',
  name: 'one',
  id: 'ak-0123abcd',
  plan: 'pro',
  receiver: 'one',
  index: '0',
  delivery: '1234-0',
  email: 'developer%40example.com',
};

/** The path of a route with every parameter filled in. */
export function samplePath(route: Route, overrides: Readonly<Record<string, string>> = {}): string {
  return route.path.replace(/\{([a-z]+)\}/g, (_all, name: string) => overrides[name] ?? PARAMETERS[name] ?? name);
}

/** A request that is well-formed for a route. What it names need not exist. */
export function sampleRequest(route: Route, overrides: Readonly<Record<string, string>> = {}): Sent {
  return { method: route.method, path: samplePath(route, overrides), ...(route.example ? { body: route.example } : {}) };
}

export const EVERY_ROUTE: readonly Route[] = ROUTES;
export const TENANT_ROUTES: readonly Route[] = EVERY_ROUTE.filter(({ access }) => access !== 'public');
export const ADMIN_ROUTES: readonly Route[] = EVERY_ROUTE.filter(({ access }) => access === 'admin');
export const ROUTES_WITH_BODY: readonly Route[] = EVERY_ROUTE.filter(({ body }) => body !== undefined);
export const WRITES: readonly Route[] = EVERY_ROUTE.filter(({ method }) => method !== 'GET');
