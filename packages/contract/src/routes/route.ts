import type { TSchema } from 'typebox';
import type { NAME_RULES } from '../names.ts';
import type { Access, ScopeVerb } from '../permissions.ts';
import type { ErrorStatus } from '../status-table.ts';
import type { QueryParameters } from './query.ts';

/** The methods of the API. HEAD is answered as GET without a body, by the server. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The resource whose version an `If-Match` on this route is compared with: the one named by the path, or the one it belongs to. */
export type VersionedResource = 'cluster' | 'tenant' | 'secret' | 'alertmanager' | 'webhook' | 'api-key';

/** A route reads a body and has an example of one, or it ignores bodies. */
type RouteBody =
  | {
      readonly body: TSchema;
      /** A body that this route accepts, shown in the description of the API and sent by the tests that loop over every route. */
      readonly example: Readonly<Record<string, unknown>>;
      /** The longest body in bytes; `LIMITS.bodyBytes` when absent. 413 beyond. */
      readonly mostBytes?: number;
    }
  | { readonly body?: undefined; readonly example?: undefined; readonly mostBytes?: undefined };

/** One row of the route table: what the API promises about a method on a path. */
export type Route = RoutePromise & RouteBody;

interface RoutePromise {
  /** `<resource>.<action>`; the handler lives in `server/src/routes/<resource>/<action>.ts`. */
  readonly id: string;
  readonly method: Method;
  /** Parameters in braces, each the name of a rule in {@link NAME_RULES}. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  /** The verb of the scope that it needs, where it is not that of its method; `none` for what every key may call. */
  readonly verb?: ScopeVerb | 'none';
  /** Which resource's version a write here may be conditional on; absent where `If-Match` has no meaning. */
  readonly guardedBy?: VersionedResource;
  /** The query parameters that it takes, beyond those of every write; every other one is 400. */
  readonly query?: QueryParameters;
  readonly success: {
    readonly status: 200 | 201 | 202 | 204;
    readonly body?: TSchema;
    /** Whether the answer carries an `ETag`. */
    readonly etag: boolean;
    /** The answer is a stream of server-sent events, and `body` describes the data of each. */
    readonly isStream?: true;
    /** What each line describes where the caller asks for JSON lines. */
    readonly lines?: TSchema;
  };
  /** The errors that only this route can end in, beyond {@link commonStatuses}. */
  readonly refusals: readonly ErrorStatus[];
}

/** A path parameter: the name of its rule in {@link NAME_RULES}. */
export type ParameterName = keyof typeof NAME_RULES;

/** The parameters in a route's path, in order. */
export function parameterNames(path: string): ParameterName[] {
  return [...path.matchAll(/\{([a-z]+)\}/g)].map((found) => found[1] as ParameterName);
}

/** The errors every route of this access can end in, whatever it does: rate limit, authentication, authorisation, validation, defects. */
export function commonStatuses(route: Route): ErrorStatus[] {
  // 400 everywhere: no route takes a query parameter that its row does not name.
  const statuses: ErrorStatus[] = [400, 429, 500, 503];
  if (route.access !== 'public') statuses.push(401, 403);
  if (route.body) statuses.push(413, 415);
  return [...new Set(statuses)].sort();
}

/** Every error a route can end in. */
export function errorStatuses(route: Route): ErrorStatus[] {
  return [...new Set([...commonStatuses(route), ...route.refusals])].sort();
}
