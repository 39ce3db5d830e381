import type { Readable } from 'node:stream';
import type { Clock } from '@openkupe/contract';

/** What a sender that was answered before it had finished may still send before it is cut off. */
export const LINGER = { ms: 2_000, bytes: 16 * 1024 * 1024 } as const;
/** What a chunk counts at least, whatever it holds: taking one from the parser costs about as much as copying so many bytes. */
const CHUNK_BYTES = 2 * 1024;

/**
 * Reads and drops what still arrives after an answer was written, until the sender has finished or used up its grace. Whoever closes at
 * once makes the kernel reset the connection, and the reset can overtake the answer (RFC 9112 §9.6).
 */
export async function linger(source: Readable, clock: Clock): Promise<void> {
  if (source.readableEnded || source.destroyed) return;
  const over = new AbortController();
  const stop = () => over.abort();
  let bytes = 0;
  source.on('data', (chunk: Uint8Array) => {
    bytes += Math.max(CHUNK_BYTES, chunk.byteLength);
    if (bytes > LINGER.bytes) stop();
  });
  for (const event of ['end', 'close', 'error']) source.once(event, stop);
  await clock.sleep(LINGER.ms, over.signal).catch(() => {});
}
