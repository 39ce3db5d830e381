import type { Random, RouteId } from '@openkupe/contract';
import type { AuthBackoff } from '../auth/backoff/auth-backoff.ts';
import type { OidcIssuer } from '../auth/oidc-authenticator.ts';
import type { ClusterEngine } from '../engines/engine.ts';
import type { BodyOf, Call, Decision, Handler, Loaded } from '../pipeline/handler.ts';
import type { PlatformDependencies } from '../platform/platform.ts';
import type { AddressLimit } from '../rate-limit/address-limit.ts';
import type { CallerLimits } from '../rate-limit/caller-limits.ts';
import type { Store } from '../store/store.ts';
import type { DeletionPace } from './tenants/deletion-pace.ts';

/** What handlers use besides their call. */
export interface HandlerDependencies extends PlatformDependencies {
  readonly store: Store;
  readonly engine: Pick<ClusterEngine, 'versions' | 'whyNotAfter' | 'unreadable'>;
  readonly random: Random;
  /** What the limits say about a caller. */
  readonly addressLimit: Pick<AddressLimit, 'show' | 'refund'>;
  readonly authBackoff: Pick<AuthBackoff, 'show'>;
  readonly callerLimits?: Pick<CallerLimits, 'show'> | undefined;
  /** For API key hashes. */
  readonly pepper: Uint8Array;
  /** For sealing what holds credentials: 32 bytes. */
  readonly answerKey: Uint8Array;
  /** Whether credentials in receivers are hidden from admins too; they always are from readonly callers. */
  readonly masksForEveryone: boolean;
  readonly deletionPace: DeletionPace;
  /** The issuer whose access tokens are accepted; absent where only API keys are. */
  readonly oidc?: Pick<OidcIssuer, 'issuer' | 'audience'> | undefined;
}

/** A {@link Handler} whose steps are given what they use. */
export interface RouteHandler<Body = unknown, State extends Loaded = Loaded> {
  load(call: Call<Body>, deps: HandlerDependencies): Promise<State>;
  count?(call: Call<Body>, state: State, deps: HandlerDependencies): void;
  decide(call: Call<Body>, state: State, deps: HandlerDependencies): Decision;
}

/** Makes the handler of a route of what it uses. */
export type HandlerFactory = (deps: HandlerDependencies) => Handler;

/** Types a handler by the row of the route table it serves. */
export function defineHandler<Id extends RouteId, State extends Loaded>(_id: Id, handler: RouteHandler<BodyOf<Id>, State>): HandlerFactory {
  // NOTE: `validate` has checked the body against the row's schema, which is where BodyOf comes from, and the state is what `load` made.
  const { load, count, decide } = handler as unknown as RouteHandler;
  return (deps) => ({
    load: (call) => load(call, deps),
    ...(count ? { count: (call, state) => count(call, state, deps) } : {}),
    decide: (call, state) => decide(call, state, deps),
  });
}
