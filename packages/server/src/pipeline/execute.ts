import type { Route } from '@openkupe/contract';
import { auditEntry } from '../audit/audit-entry.ts';
import { Refusal } from '../errors/refusal.ts';
import { ContendedError, commitInRounds } from '../store/commit.ts';
import type { KeyedMutex } from '../store/keyed-mutex.ts';
import type { Change, IdempotencyRecord, Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import { checkIfNoneMatch, checkPrecondition } from './check-precondition.ts';
import type { Exchange } from './exchange.ts';
import type { Answer, Call, DecidedChange, Handlers, Loaded } from './handler.ts';
import { type IdempotencyKey, newRecord, quotaFull, type RecordDependencies } from './idempotency.ts';
import { atRevision } from './serialise.ts';

/** Changes of one tenant that may wait for each other. Each holds a permit to run, and most of those are to be left to other tenants. */
const MOST_CONTENDED = 64;

/** What {@link execute} needs. */
export interface ExecuteDependencies extends RecordDependencies {
  readonly confirmedTime: Pick<ConfirmedTime, 'now' | 'atLeast'>;
  readonly store: Pick<Store, 'get' | 'commit' | 'idempotencyRecord'>;
  readonly handlers: Handlers;
  /** Where changes of one tenant take turns that have lost a race. */
  readonly contended: KeyedMutex;
}

/** The answer, or the record of another request with the same idempotency key that committed first. */
export type Execution = { readonly answer: Answer } | { readonly record: IdempotencyRecord };

/** The call with the row of its tenant as it is now; without it where another tenant has the name, which the caller has no role in. */
export async function atPresent(call: Call, store: Pick<Store, 'get'>): Promise<Call> {
  if (!call.tenant) return call;
  const { tenant, name, uid } = call.tenant;
  const now = await store.get({ kind: 'tenant', tenant, name });
  return { ...call, tenant: now?.uid === uid ? now : undefined };
}

/** What a handler decided, with what it decided on. */
type Decided = DecidedChange & { readonly loaded: Loaded };

function toChange(decided: Decided, call: Call, route: Route, requestId: string): Change {
  const { writes, events, wake = [], ledger = [], target, fields, loaded } = decided;
  const { address, now, principal } = call;
  const who = { tenant: principal.tenant, tenantUid: call.tenant?.uid ?? '', actor: principal.actor, address, requestId };
  const audit = auditEntry({ ...who, action: route.id }, { target, writes, fields, loaded: Object.values(loaded) });
  return { at: now, writes, events, wake, ledger, audit };
}

/** The answer of a change that is not made: no version goes with it. */
const unwritten = ({ tagged: _, ...answer }: Answer): Answer => answer;

/** Commits a decision; `undefined` when it lost a race. */
async function commit(
  decision: Decided,
  exchange: Exchange,
  route: Route,
  call: Call,
  key: IdempotencyKey | undefined,
  deps: ExecuteDependencies,
): Promise<Execution | undefined> {
  const change = toChange(decision, call, route, exchange.requestId);
  exchange.executed = 'unknown';
  const outcome = await deps.store.commit(key ? { ...change, idempotency: newRecord(key, route, call, decision.answer, deps) } : change);
  exchange.executed = outcome.outcome === 'written' ? 'yes' : 'no';
  switch (outcome.outcome) {
    case 'written':
      return { answer: atRevision(decision.answer, outcome.revision) };
    case 'repeated':
      return { record: outcome.record };
    case 'over-quota':
      throw quotaFull(outcome.roomAt - call.billedNow());
    default:
      return undefined;
  }
}

/**
 * Stages 8 to 10: load and check the precondition, decide, commit. The commit checks the versions again; when it lost a race, the
 * three stages run again on what is there now, which answers 404, 409 or 412 if that is what the caller has to know. A write without
 * `If-Match` therefore fails because of others only after losing every one of its rounds, and a status write never causes a 412.
 */
async function decideAndCommit(
  exchange: Exchange,
  route: Route,
  call: Call,
  key: IdempotencyKey | undefined,
  deps: ExecuteDependencies,
): Promise<Execution> {
  const { byRoute, deps: used } = deps.handlers;
  const handler = byRoute[route.id];
  if (!handler) throw new Error(`Route ${route.id} has no handler`);
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = route.guardedBy ? exchange.request.headers : {};
  let current = call;
  const attempt = async (round: number) => {
    if (round > 0) current = await atPresent(call, deps.store);
    const loaded = await handler.load(current, used);
    if (loaded.precondition) checkPrecondition(loaded.precondition, ifMatch);
    if (round === 0 && !call.isValidation) await handler.count?.(current, loaded, used);
    const decision = handler.decide(current, loaded, used);
    if (loaded.precondition) checkIfNoneMatch(loaded.precondition, route.method, ifNoneMatch);
    if (call.isValidation) return { answer: unwritten(decision.answer) };
    return 'writes' in decision ? commit({ ...decision, loaded }, exchange, route, current, key, deps) : { answer: decision.answer };
  };
  const first = await attempt(0);
  if (first) return first;
  // Commits of many at once let one of them win; those who lost try one after another, or the same could lose every round.
  const { tenant } = call.principal;
  if (deps.contended.count(tenant) >= MOST_CONTENDED) throw new ContendedError(`Cannot carry out ${route.id}: too many changes wait`);
  return deps.contended.run(tenant, () => commitInRounds(`carry out ${route.id}`, (round) => attempt(round + 1)));
}

/**
 * Carries a request out. Where it is refused although its idempotency key was free a moment ago, another process may have committed the same
 * request in between, and that change may be the reason: then the record of it is the answer.
 */
export async function execute(
  exchange: Exchange,
  route: Route,
  call: Call,
  key: IdempotencyKey | undefined,
  deps: ExecuteDependencies,
): Promise<Execution> {
  try {
    return await decideAndCommit(exchange, route, call, key, deps);
  } catch (error) {
    const isRefused = key && error instanceof Refusal && exchange.executed === 'no';
    const record = isRefused && (await deps.store.idempotencyRecord(key.scope, deps.confirmedTime.atLeast()));
    if (!record) throw error;
    return { record };
  }
}
