import type { ClusterExplanation, Random, RouteId } from '@openkupe/contract';
import type { AuthBackoff } from '../auth/backoff/auth-backoff.ts';
import type { OidcIssuer } from '../auth/oidc-authenticator.ts';
import type { ClusterEngine } from '../engines/engine.ts';
import type { BodyOf, Handler, Loaded } from '../pipeline/handler.ts';
import type { PlatformDependencies } from '../platform/platform.ts';
import type { AddressRateLimit } from '../rate-limit/address-limit.ts';
import type { CallerLimits } from '../rate-limit/caller-limits.ts';
import type { Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';
import type { DeletionPace } from './tenants/deletion-pace.ts';

/** What handlers use besides their call. */
export interface HandlerDependencies extends PlatformDependencies {
  readonly store: Store;
  readonly engine: Pick<ClusterEngine, 'versions' | 'whyNotAfter' | 'whyNotDuringMove' | 'validate' | 'unreadable' | 'certificateIssuer'>;
  /** What the reconciler would do next with a cluster. */
  readonly explainStep: (cluster: Resource<'cluster'>) => Promise<Omit<ClusterExplanation, 'phase' | 'generation' | 'observedGeneration'>>;
  readonly random: Random;
  /** What the limits say about a caller. */
  readonly addressLimit: Pick<AddressRateLimit, 'show' | 'refund'>;
  readonly authBackoff: Pick<AuthBackoff, 'show'>;
  readonly callerLimits?: Pick<CallerLimits, 'show'> | undefined;
  /** For API key hashes. */
  readonly pepper: Uint8Array;
  /** For sealing what holds credentials: 32 bytes. */
  readonly answerKey: Uint8Array;
  /** Whether credentials in receivers are hidden from admins too; they always are from readonly callers. */
  readonly masksForEveryone: boolean;
  /** Whether Alertmanager configurations are delivered to an Alertmanager, and not only stored. */
  readonly deliversAlerts: boolean;
  /** Whether webhooks may use http and lead to internal addresses. */
  readonly allowsInternalWebhooks: boolean;
  readonly deletionPace: DeletionPace;
  /** The issuer whose access tokens are accepted; absent where only API keys are. */
  readonly oidc?: Pick<OidcIssuer, 'issuer' | 'audience'> | undefined;
}

/** What a route loads and decides, with the dependencies that handlers share. */
export type RouteHandler<Body = unknown, State extends Loaded = Loaded> = Handler<Body, State, HandlerDependencies>;

/** Types a handler by the row of the route table it serves. */
export function defineHandler<Id extends RouteId, State extends Loaded>(_id: Id, handler: RouteHandler<BodyOf<Id>, State>): Handler {
  // NOTE: `validate` has checked the body against the row's schema, which is where BodyOf comes from; the state is what `load` made.
  return handler as unknown as Handler;
}
