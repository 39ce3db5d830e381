import type { Frontend } from './haproxy.ts';
import type { StartedServer } from './start-server.ts';

/** The address from which the proxy calls the replicas, which trust it. */
const PROXY = '127.0.0.2';
/** The settings of the replicas about the proxy. */
export const BEHIND_HAPROXY = { OPENKUPE_TRUSTED_PROXIES: `${PROXY}/32` };

const failure = (status: number, error: string, retryAfter: number, executed: 'no' | 'unknown') =>
  `http-error status ${status} content-type application/json string '${JSON.stringify({ error })}' hdr Retry-After ${retryAfter} hdr Retry-Advice "back-off; executed=${executed}"`;

/**
 * The section of haproxy (2.2 or newer) in front of several replicas, as `docs/guide/replicas.md` has it: each request to the next replica that is
 * ready, and a GET that a replica did not answer to another one. What haproxy answers by itself is 503 with the envelope of every other error. Where a
 * replica is lost under a write, haproxy closes the connection of the client without an answer, as it does for every connection that it keeps alive.
 */
export const REPLICA_LINES = [
  'balance roundrobin',
  'option httpchk GET /readyz',
  'option forwardfor',
  'option redispatch 1',
  'retry-on conn-failure empty-response',
  'http-request disable-l7-retry if !METH_GET',
  'timeout server 30s',
  failure(
    502,
    'The replica was lost while it answered; whether the request was carried out is not known, retry with backoff',
    1,
    'unknown',
  ),
  failure(503, 'No replica takes requests at the moment; nothing was changed, retry with backoff', 2, 'no'),
  failure(504, 'The replica did not answer in time; whether the request was carried out is not known, retry with backoff', 2, 'unknown'),
  'http-after-response set-status 503 if { status 502 504 }',
];
/** What follows the address of each replica. */
export const REPLICA_OPTIONS = 'check inter 500 fall 1 rise 1';

/** A frontend for replicas. Each answer names in `x-replica` the one it came from. */
export function frontendOfReplicas(replicas: readonly Pick<StartedServer, 'host'>[]): Frontend {
  return {
    mode: 'http',
    target: replicas.map(({ host }) => host),
    from: PROXY,
    serverOptions: REPLICA_OPTIONS,
    lines: [...REPLICA_LINES, 'http-response set-header x-replica %s'],
  };
}
