import type { AlertRoute, Receiver } from '@openkupe/contract/resources/alertmanager';
import type { ApiCall, CallOptions, Result, WriteOptions } from '../call.ts';
import type { Engine } from '../engine.ts';
import { readOnce } from '../operation.ts';
import { type Decode, decodeItems, decodeObject } from '../to-result.ts';
import { putOnce } from '../update/put-once.ts';
import { deleteOnce } from './delete-once.ts';
import { apiPath } from './paths.ts';

type Settings = Readonly<Record<string, unknown>>;

/** The whole configuration of Alertmanager of a tenant, its credentials masked as `<secret>`. */
export interface AlertmanagerSettings {
  readonly global: Settings;
  readonly receivers: readonly Receiver[];
  readonly routes: readonly AlertRoute[];
}

/**
 * The configuration of Alertmanager. All of it has one ETag, which every change moves. Where a request has `<secret>` the server keeps what
 * is stored.
 */
export interface Alertmanager {
  /** Global settings, receivers and routes together. */
  get(options?: CallOptions): Promise<Result<AlertmanagerSettings>>;
  readonly receivers: {
    list(options?: CallOptions): Promise<Result<Receiver[]>>;
    get(name: string, options?: CallOptions): Promise<Result<Receiver>>;
    /** Makes or replaces a receiver. */
    put(name: string, receiver: Receiver, options?: WriteOptions): Promise<Result<Receiver>>;
    /** Removes a receiver that no route names. */
    delete(name: string, options?: WriteOptions): Promise<Result<undefined>>;
  };
  /** In order: the first that matches wins. A place is counted from 0. */
  readonly routes: {
    list(options?: CallOptions): Promise<Result<AlertRoute[]>>;
    /** Replaces all of them. */
    put(routes: readonly AlertRoute[], options?: WriteOptions): Promise<Result<AlertRoute[]>>;
    /** Removes all of them. */
    clear(options?: WriteOptions): Promise<Result<undefined>>;
    getOne(place: number, options?: CallOptions): Promise<Result<AlertRoute>>;
    putOne(place: number, route: AlertRoute, options?: WriteOptions): Promise<Result<AlertRoute>>;
    /** Removes one; the later ones move up. */
    deleteOne(place: number, options?: WriteOptions): Promise<Result<undefined>>;
  };
  readonly global: {
    get(options?: CallOptions): Promise<Result<Settings>>;
    /** Replaces the global settings; `{}` clears them. */
    put(settings: Settings, options?: WriteOptions): Promise<Result<Settings>>;
  };
}

const decodeSettings: Decode<AlertmanagerSettings> = (body) => {
  const { global, receivers, routes } = decodeObject<{ global?: object; receivers?: unknown; routes?: unknown }>(body) ?? {};
  const [known, ordered] = [decodeItems<Receiver>({ items: receivers }), decodeItems<AlertRoute>({ items: routes })];
  return known && ordered && { global: { ...global }, receivers: known, routes: ordered };
};

/** The methods for the configuration of Alertmanager of one tenant. */
export function createAlertmanager(engine: Engine, tenant: string): Alertmanager {
  const path = (...rest: string[]) => apiPath('tenants', tenant, 'alertmanager', ...rest);
  const read = <T>(route: string, at: string, decode: Decode<T>, options?: CallOptions) =>
    readOnce(engine, { route: `alertmanager.${route}`, method: 'GET', path: at }, decode, options);
  const put = <T>([route, reading]: [string, string], at: string, body: unknown, decode: Decode<T>, options?: WriteOptions) => {
    const call: ApiCall = { route: `alertmanager.${route}`, method: 'PUT', path: at, body };
    return putOnce(engine, { call, reading: { route: `alertmanager.${reading}`, method: 'GET', path: at }, decode }, options);
  };
  const remove = (route: string, at: string, options?: WriteOptions) =>
    deleteOnce(engine, { route: `alertmanager.${route}`, method: 'DELETE', path: at }, options);
  return {
    get: async (options) => read('config', path('config'), decodeSettings, options),
    receivers: {
      list: async (options) => read('receivers.list', path('receivers'), decodeItems<Receiver>, options),
      get: async (name, options) => read('receivers.get', path('receivers', name), decodeObject<Receiver>, options),
      put: async (name, body, options) =>
        put(['receivers.put', 'receivers.get'], path('receivers', name), body, decodeObject<Receiver>, options),
      delete: async (name, options) => remove('receivers.delete', path('receivers', name), options),
    },
    routes: {
      list: async (options) => read('routes.list', path('routes'), decodeItems<AlertRoute>, options),
      put: async (items, options) => put(['routes.put', 'routes.list'], path('routes'), { items }, decodeItems<AlertRoute>, options),
      clear: async (options) => remove('routes.clear', path('routes'), options),
      getOne: async (place, options) => read('routes.get-one', path('routes', String(place)), decodeObject<AlertRoute>, options),
      putOne: async (place, body, options) =>
        put(['routes.put-one', 'routes.get-one'], path('routes', String(place)), body, decodeObject<AlertRoute>, options),
      deleteOne: async (place, options) => remove('routes.delete-one', path('routes', String(place)), options),
    },
    global: {
      get: async (options) => read('global.get', path('global'), decodeObject<Settings>, options),
      put: async (settings, options) => put(['global.put', 'global.get'], path('global'), settings, decodeObject<Settings>, options),
    },
  };
}
