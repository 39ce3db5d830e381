import { LIMITS, type Route, SUGGESTED_WAITS } from '@openkupe/contract';
import { carryCurrent } from '../errors/carry-current.ts';
import { prefersProblem } from '../errors/prefers-problem.ts';
import { type Refusal, unavailable } from '../errors/refusal.ts';
import { loadPlatform, type Platform } from '../platform/platform.ts';
import { BrokenDataError } from '../store/broken-data.ts';
import type { Change, IdempotencyRecord } from '../store/store.ts';
import { checkIfNoneMatch, checkPrecondition } from './check-precondition.ts';
import type { Exchange } from './exchange.ts';
import type { Answer, AnyHandler, Call, Decision, Means } from './handler.ts';
import { atRevision, type IdempotencyKey, newRecord, quotaFull } from './idempotency.ts';
import type { Ports } from './ports.ts';

/** The answer, or the record of another request with the same idempotency key that committed first. */
export type Execution = { readonly answer: Answer } | { readonly record: IdempotencyRecord };

type DecidedChange = Extract<Decision, { writes: unknown }>;

function toChange(decision: DecidedChange, call: Call, route: Route, requestId: string): Change {
  return {
    at: call.now,
    writes: decision.writes,
    events: decision.events,
    ...(decision.wake ? { wake: decision.wake } : {}),
    ...(decision.ledger ? { ledger: decision.ledger } : {}),
    audit: {
      tenant: call.principal.tenant,
      actor: call.principal.actor,
      action: route.id,
      target: decision.target,
      requestId,
    },
  };
}

/** What is offered now. Where its row cannot be read, only a decision that asks for it fails. */
async function platformOf(ports: Ports): Promise<Platform> {
  try {
    return await loadPlatform(ports);
  } catch (error) {
    if (!(error instanceof BrokenDataError)) throw error;
    const fail = (): never => {
      throw error;
    };
    return Object.defineProperties({} as Platform, { plans: { get: fail }, versions: { get: fail }, isProvisioningPaused: { get: fail } });
  }
}

// NOTE: not a spread, which would read every property.
function withPlatform(ports: Ports, platform: Platform): Means {
  return Object.defineProperties({ ...ports } as Ports & Platform, Object.getOwnPropertyDescriptors(platform));
}

/**
 * Stages 8 to 10: load and check the precondition, decide, commit. The commit checks the versions again; when it lost a race, the
 * three stages run again on what is there now, which answers 404, 409 or 412 if that is what the caller has to know. A write without
 * `If-Match` therefore fails because of others only after losing every one of its rounds, and a status write never causes a 412.
 */
export async function execute(
  exchange: Exchange,
  route: Route,
  handler: AnyHandler,
  call: Call,
  ports: Ports,
  key?: IdempotencyKey,
): Promise<Execution> {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = route.guardedBy ? exchange.request.headers : {};
  const refuse = async (refusal: Refusal) =>
    prefersProblem(exchange.request.headers.accept) ? await carryCurrent(refusal, route, call, ports) : refusal;
  for (let round = 0; round < LIMITS.commitRounds; round += 1) {
    const [loaded, platform] = await Promise.all([handler.run(call, ports.store), platformOf(ports)]);
    const changed = checkPrecondition(loaded.guard, ifMatch);
    if (changed) throw await refuse(changed);
    const decision = loaded.decide(withPlatform(ports, platform));
    const excluded = checkIfNoneMatch(loaded.guard, route.method, ifNoneMatch);
    if (excluded) throw await refuse(excluded);
    if (!('writes' in decision)) return { answer: decision.answer };

    const change = toChange(decision, call, route, exchange.requestId);
    exchange.progress.executed = 'unknown';
    const idempotency = key && newRecord(key, route, call, decision.answer, ports);
    const outcome = await ports.store.commit(idempotency ? { ...change, idempotency } : change);
    if (outcome.outcome === 'written') {
      exchange.progress.executed = 'yes';
      return { answer: atRevision(decision.answer, outcome.revision) };
    }
    exchange.progress.executed = 'no';
    if (outcome.outcome === 'repeated') return { record: outcome.record };
    if (outcome.outcome === 'over-quota') throw quotaFull(outcome.roomAt - call.billedNow);
  }
  throw unavailable('Too many writers are changing this resource; retry with backoff', SUGGESTED_WAITS.storeMs, 'contended');
}
