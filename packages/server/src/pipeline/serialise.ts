import { formatETag, isNotModified, LIMITS, type Route } from '@openkupe/contract';
import { invalidRequest } from '../errors/refusal.ts';
import type { Reply } from '../errors/reply.ts';
import { PENDING_VERSION } from '../store/writes.ts';
import type { Exchange } from './exchange.ts';
import type { Answer } from './handler.ts';
import type { ListDependencies } from './pass-overload.ts';

/** An answer with the version that its change was committed as; one that shows no pending version as it is. */
export function atRevision(answer: Answer, revision: number): Answer {
  if (answer.tagged?.resourceVersion !== PENDING_VERSION) return answer;
  const resourceVersion = String(revision);
  const { observation } = answer.tagged;
  return { ...answer, body: { ...(answer.body as object), resourceVersion }, tagged: { resourceVersion, observation } };
}

/** Says that a POST with an `Idempotency-Key` can be repeated here without doing its work twice. */
const ANNOUNCED = { 'idempotency-key-support': 'yes' } as const;
const JSON_TYPE = 'application/json; charset=utf-8';

/** Stage 11. Status, ETag, headers and body of a success. A GET whose whole tag matches `If-None-Match` is 304. */
export function serialise(exchange: Exchange, route: Route, answer: Answer): Reply {
  const etag = route.success.etag && answer.tagged ? formatETag(answer.tagged) : undefined;
  const headers = {
    ...exchange.headers,
    'x-request-id': exchange.requestId,
    'cache-control': etag ? 'private, no-cache' : 'no-store',
    ...(route.access === 'public' ? {} : ANNOUNCED),
    ...(etag ? { etag } : {}),
  };
  const ifNoneMatch = exchange.request.headers['if-none-match'];
  const canBeUnchanged = ifNoneMatch !== undefined && route.method === 'GET' && answer.tagged && etag && !answer.isOfTheMoment;
  if (canBeUnchanged && isNotModified(ifNoneMatch, answer.tagged)) return { status: 304, headers };
  if (answer.body === undefined) return { status: route.success.status, headers };
  return {
    status: route.success.status,
    headers: { ...headers, 'content-type': JSON_TYPE },
    body: answer.text ?? JSON.stringify(answer.body),
  };
}

/** What is rendered in one turn of the event loop: about a millisecond of work. */
const SLICE_BYTES = 64 * 1024;
/** What an item that is read and not shown counts of it: it is decoded, and not rendered. */
const NOT_SHOWN_BYTES = 512;

const tooLong = () =>
  invalidRequest(
    `The list would be longer than ${LIMITS.listBytes} bytes; read it in pages with a smaller limit, such as ?limit=100`,
    'list-too-long',
  );

/**
 * Stage 11 for a list: decodes and renders its items a slice in a turn of the event loop, so that a long list holds nothing
 * else up. 400 when it is longer than {@link LIMITS.listBytes}, which the limits on what a tenant has prevent.
 */
export async function serialiseList(
  exchange: Exchange,
  route: Route,
  { items = [], next, tagged }: Answer,
  { unread }: { readonly unread: Pick<ListDependencies['unread'], 'slicePermit'> },
): Promise<Reply> {
  const head = serialise(exchange, route, { body: null, ...(tagged && { tagged }) });
  if (head.status === 304) return head;
  let slice: Disposable | undefined;
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let sliced = 0;
  let text = '{"items":[';
  let separator = '';
  const cut = () => {
    const piece = Buffer.from(text);
    bytes += piece.length;
    if (bytes > LIMITS.listBytes) throw tooLong();
    pieces.push(piece);
    text = '';
  };
  try {
    for (const item of items) {
      if (item !== '') {
        text += separator + item;
        separator = ',';
      }
      sliced += item.length || NOT_SHOWN_BYTES;
      if (sliced < SLICE_BYTES) continue;
      sliced = 0;
      cut();
      slice?.[Symbol.dispose]();
      slice = await unread.slicePermit(exchange.request.socketAddress);
    }
  } finally {
    slice?.[Symbol.dispose]();
  }
  const more = next?.();
  text += more === undefined ? ']}' : `],"continue":${JSON.stringify(more)}}`;
  if (pieces.length === 0) return { ...head, body: text };
  cut();
  const { body: _body, ...rest } = head;
  return { ...rest, bytes: Buffer.concat(pieces) };
}
