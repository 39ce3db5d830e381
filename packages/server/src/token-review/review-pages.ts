import { type Clock, LIMITS } from '@openkupe/contract';
import type { Authenticator } from '../auth/authenticator.ts';
import { ACCESS_REVIEW_PATH, TOKEN_REVIEW_PATH } from '../engines/token-review-access.ts';
import { Refusal, unauthenticated } from '../errors/refusal.ts';
import type { Reply } from '../errors/reply.ts';
import { toErrorReply } from '../errors/to-error-reply.ts';
import type { Log } from '../log/log.ts';
import type { Overload } from '../overload/overload.ts';
import type { Exchange, IncomingRequest } from '../pipeline/exchange.ts';
import { type Lifecycle, overloaded, refuseDraining } from '../pipeline/pass-overload.ts';
import { type AddressLimitDependencies, passPublicAddressLimit } from '../pipeline/pass-rate-limits.ts';
import { beginExchange } from '../pipeline/pipeline.ts';
import { readJsonBody } from '../pipeline/receive-body.ts';
import type { Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import { formatAccess, hasLostAccess, readUser } from './access-review.ts';
import type { ClusterCredentials } from './cluster-credentials.ts';
import { formatReview, readToken, reviewToken } from './token-review.ts';

/** What {@link createReviewPages} needs. */
export interface TokenReviewDependencies extends Pick<AddressLimitDependencies, 'addressLimit'> {
  readonly clock: Pick<Clock, 'monotonic' | 'now'>;
  readonly confirmedTime: Pick<ConfirmedTime, 'now'>;
  readonly store: Pick<Store, 'get' | 'findCluster'>;
  readonly authenticator: Authenticator;
  readonly clusterCredentials: Pick<ClusterCredentials, 'clusterOf'>;
  readonly overload: Pick<Overload, 'admit'>;
  readonly lifecycle: Lifecycle;
  readonly log: Log;
}

/** The credential of the API server: a bearer token, or the same in two halves as Basic authentication (RFC 7617). */
function credentialOf({ credential, request }: Exchange): string {
  const [, basic] = /^basic +([A-Za-z0-9+/=]+) *$/i.exec(request.headers.authorization ?? '') ?? [];
  return credential ?? (basic === undefined ? '' : Buffer.from(basic, 'base64').toString('latin1').replace(':', '.'));
}

/** The cluster whose API server asks. Only a wrong credential counts against its address: many clusters may ask from the same one. */
async function authenticateCluster(exchange: Exchange, deps: TokenReviewDependencies): Promise<Resource<'cluster'>> {
  const uid = deps.clusterCredentials.clusterOf(credentialOf(exchange));
  const cluster = uid === undefined ? undefined : await deps.store.findCluster(uid);
  if (cluster) return cluster;
  throw (
    (await passPublicAddressLimit(exchange, deps)) ??
    unauthenticated('This is for the API servers of clusters; the credential is that of no cluster here')
  );
}

/** Decides what an API server asks, and formats the answer. */
type Decide = (body: unknown, cluster: Resource<'cluster'>, exchange: Exchange, deps: TokenReviewDependencies) => Promise<string>;

const decideToken: Decide = async (body, cluster, { requestId }, deps) => {
  const user = await reviewToken({ token: readToken(body), cluster }, deps);
  const { tenant, name, uid } = cluster;
  deps.log.info({ requestId, tenant, cluster: name, uid, actor: user?.uid }, 'token review');
  return formatReview(user);
};

const decideAccess: Decide = async (body, cluster, _exchange, { store, clock, confirmedTime }) => {
  const now = () => Math.max(clock.now(), confirmedTime.now());
  return formatAccess(await hasLostAccess(readUser(body), cluster, { store, now }));
};

async function review(exchange: Exchange, decide: Decide, deps: TokenReviewDependencies): Promise<string> {
  const refusal = refuseDraining(deps.lifecycle);
  if (refusal) throw refusal;
  const { request } = exchange;
  if (request.malformed !== undefined) throw new Refusal(400, request.malformed, { headers: { connection: 'close' } });
  const cluster = await authenticateCluster(exchange, deps);
  const body = await readJsonBody(request, LIMITS.tokenReviewBytes);
  const admission = deps.overload.admit({ priority: 'read' });
  if (!admission.isAdmitted) throw overloaded(admission);
  using _running = admission;
  return decide(body, cluster, exchange, deps);
}

function createPage(decide: Decide, deps: TokenReviewDependencies): (request: IncomingRequest) => Promise<Reply> {
  return async (request) => {
    using _running = deps.lifecycle.begin();
    const exchange = beginExchange(request, deps);
    try {
      const body = await review(exchange, decide, deps);
      const headers = {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'x-request-id': exchange.requestId,
      };
      return { status: 200, headers, body };
    } catch (error) {
      if (!(error instanceof Refusal)) deps.log.error({ requestId: exchange.requestId, err: error }, 'a review failed');
      return toErrorReply(error, exchange);
    }
  };
}

/**
 * What API servers of clusters ask, by path: `POST /webhook/token-review`, webhook token authentication, and `POST /webhook/access-review`, webhook
 * authorization. No part of the public API: they have no row in the route table, and know neither keys' limits nor the backoff for wrong
 * tokens, so that what a tenant's users send cannot keep the API server of their cluster out. A token is verified first and costs a hash and
 * a look-up, or a signature.
 */
export function createReviewPages(deps: TokenReviewDependencies) {
  return new Map([
    [TOKEN_REVIEW_PATH, createPage(decideToken, deps)],
    [ACCESS_REVIEW_PATH, createPage(decideAccess, deps)],
  ]);
}
