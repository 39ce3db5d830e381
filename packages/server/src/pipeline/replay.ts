import { formatETag, hasScope, LIMITS, ROUTES, type Route, readWithTag, scopeOf } from '@openkupe/contract';
import { Refusal } from '../errors/refusal.ts';
import type { Reply } from '../errors/reply.ts';
import type { IdempotencyRecord, Store } from '../store/store.ts';
import { changesSince } from './changes-since.ts';
import type { Exchange } from './exchange.ts';
import { atPresent } from './execute.ts';
import type { Answer, Call, Handlers } from './handler.ts';
import { type IdempotencyKey, openRecord, type ReadAgain } from './idempotency.ts';
import { serialise } from './serialise.ts';

/** What reading the present state again needs. */
export interface ReadAgainDependencies {
  readonly store: Pick<Store, 'get' | 'audit'>;
  readonly handlers: Handlers;
}

/** What {@link replay} needs. */
export interface ReplayDependencies extends ReadAgainDependencies {
  readonly answerKey: Uint8Array;
}

const ROWS: readonly Route[] = ROUTES;
/** Whether a caller has the scope for something; callers without scopes have all of them. */
const maySee = ({ principal }: Call, scope: string | undefined) => scope === undefined || hasScope(principal.restriction?.scopes, scope);

/** What this caller would be answered by the GET route `read` now; `undefined` where that would be a refusal, such as a 404. */
async function readAgain(read: Route, call: Call, { store, handlers }: ReadAgainDependencies): Promise<Answer | undefined> {
  try {
    const current = await atPresent({ ...call, body: undefined }, store);
    const handler = handlers.byRoute[read.id];
    return handler?.decide(current, await handler.load(current, handlers.deps), handlers.deps).answer;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/**
 * A 412 with who changed the resource since the caller's tag, with the representation that its caller would read again, and the tag of
 * exactly that one. The representation is the answer of the GET's own handler to this very principal, so there is nothing in it that the
 * caller could not read, and no second place that renders it. What the caller has no scope to read, has no GET on its path, is gone
 * meanwhile, or is longer than `LIMITS.carriedBytes` is left out: the caller reads again then.
 */
export async function carryCurrent(
  refusal: Refusal,
  ifMatch: string | undefined,
  route: Route,
  call: Call,
  deps: ReadAgainDependencies,
): Promise<Refusal> {
  const { message, code } = refusal;
  const changes = maySee(call, 'audit:read') ? await changesSince(ifMatch, route, call, deps) : [];
  const read = readWithTag(route);
  const answer = read && maySee(call, scopeOf(read)) ? await readAgain(read, call, deps) : undefined;
  if (!answer?.tagged || Buffer.byteLength(JSON.stringify(answer.body)) > LIMITS.carriedBytes)
    return new Refusal(412, message, { code, headers: refusal.headers, changes });
  const headers = { ...refusal.headers, etag: formatETag(answer.tagged) };
  return new Refusal(412, message, { code, headers, changes, current: answer.body });
}

/** The reply to a GET that shows what a write with a long answer wrote, as it is now. 404 when that is gone. */
async function replyNow({ routeId, params }: ReadAgain, exchange: Exchange, call: Call, deps: ReadAgainDependencies): Promise<Reply> {
  const read = ROWS.find(({ id }) => id === routeId);
  const answer = read && (await readAgain(read, { ...call, params }, deps));
  if (read && answer) return serialise(exchange, read, answer);
  throw new Refusal(
    404,
    'The first request with this Idempotency-Key was executed, and what it wrote is gone meanwhile; read the list to see what is there',
    { code: 'replayed-target-gone' },
  );
}

/** The reply of the first request with the key again, with the request id of this one. 400 for another body, 404 when it is gone. */
export async function replay(
  record: IdempotencyRecord,
  key: IdempotencyKey,
  exchange: Exchange,
  route: Route,
  call: Call,
  deps: ReplayDependencies,
): Promise<Reply> {
  const recorded = openRecord(record, key, deps.answerKey);
  exchange.executed = 'yes';
  const reply =
    'answer' in recorded
      ? serialise(exchange, route, recorded.answer)
      : 'readAgain' in recorded
        ? await replyNow(recorded.readAgain, exchange, call, deps)
        : recorded;
  return {
    ...reply,
    status: record.status,
    headers: { ...reply.headers, ...exchange.headers, 'x-request-id': exchange.requestId, 'idempotent-replayed': 'true' },
  };
}
