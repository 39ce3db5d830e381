import type { Readable } from 'node:stream';
import type { Clock } from '@openkupe/contract';

/** What a sender that is answered before it has finished may still send before its connection is closed. */
export const LINGERING = { ms: 2_000, bytes: 16 * 1024 * 1024 } as const;
/** A chunk counts as this many bytes at least: taking one from the parser costs about as much as copying so many. */
const CHUNK_BYTES = 2 * 1024;

/**
 * The first half of a lingering close: reads and drops what still arrives after an answer was written, until the sender has finished or has
 * used up {@link LINGERING}. Closing at once would make the kernel reset the connection, and the reset can overtake the answer
 * (RFC 9112 §9.6).
 */
export async function drainBeforeClose(source: Readable, clock: Clock): Promise<void> {
  if (source.readableEnded || source.destroyed) return;
  const over = new AbortController();
  const stop = () => over.abort();
  let bytes = 0;
  source.on('data', (chunk: Uint8Array) => {
    bytes += Math.max(CHUNK_BYTES, chunk.byteLength);
    if (bytes > LINGERING.bytes) stop();
  });
  for (const event of ['end', 'close', 'error']) source.once(event, stop);
  await clock.sleep(LINGERING.ms, over.signal).catch(() => {});
}
