import type { Clock, Random } from '@openkupe/contract';
import type { Static, TSchema } from 'typebox';
import type { AuthBackoff } from '../auth/backoff/auth-backoff.ts';
import type { Log } from '../log/log.ts';
import type { MetricsPage } from '../metrics/metrics-page.ts';
import type { PlatformDependencies } from '../platform/platform.ts';
import type { AddressRateLimit } from '../rate-limit/address-limit.ts';
import type { LocalValues } from '../secrets-backend/local/local-values.ts';
import type { Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';

/** What the operator's routes work with. */
export interface OperatorPorts extends PlatformDependencies {
  readonly clock: Clock;
  readonly confirmedTime: ConfirmedTime;
  readonly random: Random;
  readonly log: Log;
  /** For API key hashes. */
  readonly pepper: Uint8Array;
  readonly store: Store;
  readonly addressLimit: Pick<AddressRateLimit, 'show' | 'forgive'>;
  readonly authBackoff: Pick<AuthBackoff, 'state' | 'forgive'>;
  readonly metricsPage: MetricsPage;
  /** The embedded secrets backend; absent where the values are kept elsewhere. */
  readonly localValues?: LocalValues | undefined;
  /** The account that runs the server, which the audit names for a caller that gives no name. */
  readonly account: string;
}

/** A valid request on the operator’s socket. */
export interface OperatorCall<Body = unknown> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Body;
  /** What the audit shows: `operator:<account>`. */
  readonly actor: string;
  readonly action: string;
  readonly requestId: string;
}

/** One row of the operator's table. It has no roles: an account that can open the socket may call all of it. */
export interface OperatorRoute {
  /** `operator.<resource>.<action>`, as the audit shows it. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Parameters in braces, after the prefix. */
  readonly path: string;
  /** The query parameters it takes; none when absent. */
  readonly query?: readonly string[];
  readonly body?: TSchema;
  readonly status: 200 | 201 | 202 | 204;
  /** JSON when absent. */
  readonly contentType?: 'text/plain; charset=utf-8';
  /** Resolves with the value to print as JSON, or with the text. */
  run(call: OperatorCall, ports: OperatorPorts): Promise<unknown>;
}

type RouteSpec<Schema extends TSchema> = Omit<OperatorRoute, 'run' | 'body'> & {
  readonly body: Schema;
  run(call: OperatorCall<Static<Schema>>, ports: OperatorPorts): Promise<unknown>;
};

/** Types `run` by the schema beside it, which the body has passed before. */
export function withBody<Schema extends TSchema>(spec: RouteSpec<Schema>): OperatorRoute {
  return spec as unknown as OperatorRoute;
}
