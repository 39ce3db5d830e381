import type { AuditedField, Revisioned, ROUTES, RouteId } from '@openkupe/contract';
import type { Static, TSchema } from 'typebox';
import type { Principal } from '../auth/principal.ts';
import type { LedgerEntry } from '../store/ledger.ts';
import type { Kind, Resource, ResourceKey } from '../store/resource.ts';
import type { EventEntry, Write } from '../store/store.ts';

type RouteOf<Id extends RouteId> = Extract<(typeof ROUTES)[number], { id: Id }>;

/** The body of a route, as its row of the table describes it. */
export type BodyOf<Id extends RouteId> = RouteOf<Id> extends { body: infer Schema extends TSchema } ? Static<Schema> : undefined;

/** A valid request of a caller that may send it. */
export interface Call<Body = unknown> {
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  /** Those of the route's query parameters that were sent. */
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly principal: Principal;
  /** The row of the tenant that the path names, as authorisation found it; read again for every round of a commit. */
  readonly tenant: Resource<'tenant'> | undefined;
  /** The client's address, as the rate limit counts it. */
  readonly address: string;
  /** Epoch milliseconds: the one time reading a handler gets. */
  readonly now: number;
  /** The same as bills and idempotency records count it: a step of the wall clock is in here once it is confirmed. */
  billedNow(): number;
  /** Whether the caller only wants to know what would be answered: nothing is to be written, counted or kept. */
  readonly isValidation: boolean;
}

/** What `If-Match` is compared with: a resource, or one section of a document whose sections share a tag. */
export interface PreconditionTarget extends Revisioned {
  readonly kind: Kind;
  readonly name: string;
  /** The version at which this section last changed; any tag from then on is good. */
  readonly unchangedSince?: number;
  /** What would be made by this write: it is not there yet, so an `If-Match` means something that is gone. */
  readonly missing?: { readonly what: string; readonly name: string };
}

/** What a handler loads for its decision. `precondition` is what `If-Match` is compared with. */
export interface Loaded {
  readonly precondition?: PreconditionTarget;
  readonly [loaded: string]: unknown;
}

/** Which events of a tenant a caller wants to read. */
export interface EventQuery {
  readonly isWatching: boolean;
  readonly after?: number | undefined;
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
}

/** The answer to a call, before it is serialised. `tagged` is the resource whose ETag goes with it. Plain data, but for `items`. */
export interface Answer {
  readonly body?: unknown;
  /** The body as JSON, where it is known already. */
  readonly text?: string;
  /** In place of a body, the items of a list as JSON, each rendered when it is reached: `{"items":[…]}`. Empty for what is read and not shown. */
  readonly items?: Iterable<string>;
  /** Asked once the items were iterated: where the next page begins, if there is one. */
  readonly next?: () => string | undefined;
  /** In place of a body, JSON lines, as many at a time as are read at once. */
  readonly lines?: AsyncIterable<string>;
  /** In place of a body, the events to be streamed. */
  readonly events?: EventQuery;
  readonly tagged?: Revisioned;
  /** The body holds what moves with the time alone, so that no tag can say it is unchanged: never 304. */
  readonly isOfTheMoment?: true;
}

/** What a handler decided to write, and the answer to it, which shows `PENDING_VERSION` until the change is committed. */
export interface DecidedChange {
  readonly writes: readonly Write[];
  readonly events: readonly EventEntry[];
  readonly wake?: readonly ResourceKey[];
  /** What a bill will depend on. */
  readonly ledger?: readonly LedgerEntry[];
  /** What the audit names as changed. */
  readonly target: string;
  /** The fields that the audit names as moved, where they do not stand in what is written. */
  readonly fields?: readonly AuditedField[];
  readonly answer: Answer;
}

/** What a handler decided: an answer, or a change with its answer. */
export type Decision = { readonly answer: Answer } | DecidedChange;

/**
 * One route's behaviour in two steps that know no HTTP: `load` reads what the decision needs (and refuses with 404), `decide` is a
 * function of it (and refuses with 400, 409 or 503). Both run again when the commit loses a race, so neither may have effects.
 */
export interface Handler<Body = unknown, State extends Loaded = Loaded, Dependencies = unknown> {
  load(call: Call<Body>, deps: Dependencies): Promise<State>;
  /** Counts an attempt, before it is decided for the first time; may refuse with 429. The only effect that a handler has. */
  count?(call: Call<Body>, state: State, deps: Dependencies): Promise<void>;
  decide(call: Call<Body>, state: State, deps: Dependencies): Decision;
}

/** The handler of every row of the route table with what all of them use, handed in by `compose.ts`. */
export interface Handlers {
  readonly byRoute: Readonly<Record<string, Handler>>;
  /** What the pipeline passes on without looking into it. */
  readonly deps: unknown;
}
