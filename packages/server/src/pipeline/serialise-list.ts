import { LIMITS, type Route } from '@openkupe/contract';
import { invalidRequest } from '../errors/refusal.ts';
import type { AnswerRoom } from '../overload/answer-room.ts';
import type { Exchange, Reply } from './exchange.ts';
import { serialise } from './serialise.ts';

/** What is rendered in one turn of the event loop: about a millisecond of work. */
const SLICE_BYTES = 64 * 1024;

const tooLong = () =>
  invalidRequest(
    `The list would be longer than ${LIMITS.listBytes} bytes; delete what is not needed, or read the items one by one`,
    'list-too-long',
  );

/**
 * Stage 11 for a list: decodes, renders and serialises its items a slice in a turn of the event loop, so that a long list holds nothing
 * else up. 400 when it is longer than {@link LIMITS.listBytes}, which the limits on what a tenant has prevent.
 */
export async function serialiseList(
  exchange: Exchange,
  route: Route,
  items: Iterable<unknown>,
  { unread }: { readonly unread: Pick<AnswerRoom, 'slice'> },
): Promise<Reply> {
  let endSlice = () => {};
  const pieces: Uint8Array[] = [];
  let bytes = 0;
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
      text += `${separator}${JSON.stringify(item)}`;
      separator = ',';
      if (text.length < SLICE_BYTES) continue;
      cut();
      endSlice();
      endSlice = await unread.slice(exchange.request.socketAddress);
    }
  } finally {
    endSlice();
  }
  text += ']}';
  const reply = serialise(exchange, route, { body: null });
  if (pieces.length === 0) return { ...reply, body: text };
  cut();
  const { body: _body, ...head } = reply;
  return { ...head, bytes: Buffer.concat(pieces) };
}
