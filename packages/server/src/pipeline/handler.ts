import type { Revisioned, ROUTES, RouteId } from '@openkupe/contract';
import type { Static, TSchema } from 'typebox';
import type { Principal } from '../auth/principal.ts';
import type { Platform } from '../platform/platform.ts';
import type { LedgerEntry } from '../store/ledger.ts';
import type { Kind, ResourceKey } from '../store/resource.ts';
import type { EventEntry, Store, Write } from '../store/store.ts';
import type { Ports } from './ports.ts';

type RouteOf<Id extends RouteId> = Extract<(typeof ROUTES)[number], { id: Id }>;
type BodyOf<Id extends RouteId> = RouteOf<Id> extends { body: infer Schema extends TSchema } ? Static<Schema> : undefined;

/** A validated request, as a handler sees it. */
export interface Call<Body = unknown> {
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly principal: Principal;
  /** The client's address, as the guard counts it. */
  readonly address: string;
  /** Epoch milliseconds: the one time reading a handler gets. */
  readonly now: number;
  /** The same as bills and idempotency records count it: a step of the wall clock is in here once it is confirmed. */
  readonly billedNow: number;
}

/** What `If-Match` is compared with: a resource, or one section of a document whose sections share a tag. */
export interface Guard extends Revisioned {
  readonly kind: Kind;
  readonly name: string;
  /** The version at which this section last changed; any tag from then on is good. */
  readonly unchangedSince?: number;
  /** What would be made by this write: it is not there yet, so whoever says `If-Match` means something that is gone. */
  readonly missing?: { readonly what: string; readonly name: string };
}

/** What stage 8 loads for a handler. `guard` is what `If-Match` is compared with. */
export interface Loaded {
  readonly guard?: Guard;
  readonly [loaded: string]: unknown;
}

/** What the caller is told, before it is serialised. `tagged` is the resource whose ETag goes with it. Plain data, but for `items`. */
export interface Answer {
  readonly body?: unknown;
  /** In place of a body, the items of a list, each rendered when it is reached: `{"items":[…]}`. */
  readonly items?: Iterable<unknown>;
  readonly tagged?: Revisioned;
  /** The body holds what moves with the time alone, so that no tag can say it is unchanged: never 304. */
  readonly isOfTheMoment?: true;
}

/** What a handler decided: an answer, or a change and the answer to it, which shows {@link PENDING_VERSION} until the change is committed. */
export type Decision =
  | { readonly answer: Answer }
  | {
      readonly writes: readonly Write[];
      readonly events: readonly EventEntry[];
      readonly wake?: readonly ResourceKey[];
      /** What a bill will depend on. */
      readonly ledger?: readonly LedgerEntry[];
      /** What the audit names as changed. */
      readonly target: string;
      readonly answer: Answer;
    };

/** What a handler may use besides its call and what was loaded. */
export type Means = Pick<
  Ports,
  'guard' | 'callerLimits' | 'random' | 'engine' | 'pepper' | 'answerKey' | 'masksForEveryone' | 'deletionPace' | 'oidc'
> &
  Platform;

/**
 * One route's behaviour in two steps that know no HTTP: `load` reads what the decision needs (and refuses with 404), `decide` is a
 * function of it (and refuses with 400, 409 or 503). Both run again when the commit loses a race, so neither may have effects.
 */
export interface Handler<Body, State extends Loaded> {
  load(call: Call<Body>, store: Store): Promise<State>;
  decide(call: Call<Body>, state: State, means: Means): Decision;
}

/** A handler of any route, its types closed over. */
export interface AnyHandler {
  run(call: Call, store: Store): Promise<{ guard: Guard | undefined; decide: (means: Means) => Decision }>;
}

/** Types a handler by the row of the route table it serves. */
export function defineHandler<Id extends RouteId, State extends Loaded>(_id: Id, handler: Handler<BodyOf<Id>, State>): AnyHandler {
  return {
    async run(call, store) {
      // NOTE: `validate` has checked the body against the row's schema, which is where BodyOf comes from.
      const typed = call as Call<BodyOf<Id>>;
      const state = await handler.load(typed, store);
      return { guard: state.guard, decide: (means) => handler.decide(typed, state, means) };
    },
  };
}
