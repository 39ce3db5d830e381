import { ROUTES, type Route } from '@openkupe/contract';
import { Refusal } from '../errors/refusal.ts';
import type { IdempotencyRecord } from '../store/store.ts';
import type { Exchange, Reply } from './exchange.ts';
import type { Call } from './handler.ts';
import { type IdempotencyKey, openRecord } from './idempotency.ts';
import type { Ports } from './ports.ts';
import type { ReadAgain } from './read-again.ts';
import { readNow } from './read-now.ts';
import { serialise } from './serialise.ts';

const ROWS: readonly Route[] = ROUTES;

/** What the GET answers this caller now, with the ETag it has now. 404 when what was written is gone. */
async function readAgain({ routeId, params }: ReadAgain, exchange: Exchange, call: Call, ports: Ports): Promise<Reply> {
  const read = ROWS.find(({ id }) => id === routeId);
  const answer = read && (await readNow(read, { ...call, params }, ports));
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
  ports: Ports,
): Promise<Reply> {
  const recorded = openRecord(record, key, ports.answerKey);
  exchange.progress.executed = 'yes';
  const reply =
    'answer' in recorded
      ? serialise(exchange, route, recorded.answer)
      : 'readAgain' in recorded
        ? await readAgain(recorded.readAgain, exchange, call, ports)
        : recorded;
  return {
    ...reply,
    status: record.status,
    headers: { ...reply.headers, ...exchange.progress.headers, 'x-request-id': exchange.requestId, 'idempotent-replayed': 'true' },
  };
}
