import { formatETag, isNotModified, type Route } from '@openkupe/contract';
import type { Exchange, Reply } from './exchange.ts';
import type { Answer } from './handler.ts';

/** Says that a POST with an `Idempotency-Key` can be repeated here without doing its work twice. */
const ANNOUNCED = { 'idempotency-key-support': 'yes' } as const;

/** Stage 11. Status, ETag, headers and body of a success. A GET whose whole tag matches `If-None-Match` is 304. */
export function serialise(exchange: Exchange, route: Route, answer: Answer): Reply {
  const etag = route.success.etag && answer.tagged ? formatETag(answer.tagged) : undefined;
  const headers = {
    ...exchange.progress.headers,
    'x-request-id': exchange.requestId,
    'cache-control': etag ? 'private, no-cache' : 'no-store',
    ...(route.access === 'public' ? {} : ANNOUNCED),
    ...(etag ? { etag } : {}),
  };
  const canBeUnchanged = route.method === 'GET' && answer.tagged && etag && !answer.isOfTheMoment;
  if (canBeUnchanged && isNotModified(exchange.request.headers['if-none-match'], answer.tagged)) return { status: 304, headers };
  if (answer.body === undefined) return { status: route.success.status, headers };
  return {
    status: route.success.status,
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(answer.body),
  };
}
