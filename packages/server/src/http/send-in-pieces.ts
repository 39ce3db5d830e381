import type { ServerResponse } from 'node:http';
import { type Clock, LIMITS } from '@openkupe/contract';

/** Answers that are longer are sent in pieces of this size, each when the one before it has been taken. */
export const PIECE_BYTES = 64 * 1024;

/** Counts what clients have not read yet. */
export interface UnreadAnswers {
  /** `cutOff` is called when too much is unread; disposed of once nothing of the answer is on its way. */
  add(address: string, bytes: number, cutOff: () => void): Disposable & { read(bytes: number): void };
}

/** Resolves with whether the client took what was written within its time. */
export async function isTaken(response: ServerResponse, clock: Clock): Promise<boolean> {
  const over = new AbortController();
  const stop = () => over.abort();
  for (const event of ['drain', 'close']) response.once(event, stop);
  await clock.sleep(LIMITS.unreadMs, over.signal).catch(() => {});
  for (const event of ['drain', 'close']) response.off(event, stop);
  return over.signal.aborted && !response.destroyed;
}

/**
 * Writes the body of a response whose head is written, as fast as the client takes it, and ends it. What is not sent yet is counted as
 * unread of the address. A client that does not take the next piece within {@link LIMITS.unreadMs} loses the connection.
 */
export async function sendInPieces(
  response: ServerResponse,
  body: Uint8Array,
  { clock, unread }: { readonly clock: Clock; readonly unread: UnreadAnswers },
): Promise<void> {
  const { socket } = response;
  const cutOff = () => void socket?.destroy();
  const answer = unread.add(socket?.remoteAddress ?? '', body.length, cutOff);
  response.once('close', () => answer[Symbol.dispose]());
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    const piece = body.subarray(at, at + PIECE_BYTES);
    if (!response.write(piece) && !(await isTaken(response, clock))) return cutOff();
    answer.read(piece.length);
  }
  response.end();
}
