import type { IncomingMessage } from 'node:http';
import { Refusal } from '../errors/refusal.ts';
import { breakBodyOff } from './incoming-request.ts';

/** The parser calls back for every chunk, and every chunk is a buffer: 128 KiB in chunks of a byte take half a second. */
const FREE_CHUNKS = 4_096;
const LEAST_MEAN_BYTES = 16;

/** Refuses a chunked body (RFC 9112 §7.1) of thousands of chunks that hold less than 16 bytes on average with 400; the rest of it is dropped. */
export function limitChunks(request: IncomingMessage): void {
  const push = request.push.bind(request);
  let chunks = 0;
  let bytes = 0;
  let isRefused = false;
  request.push = (chunk: Uint8Array | null, encoding) => {
    if (chunk === null) return push(null);
    if (isRefused) return true;
    chunks += 1;
    bytes += chunk.length;
    if (chunks <= FREE_CHUNKS || bytes >= chunks * LEAST_MEAN_BYTES) return push(chunk, encoding);
    isRefused = true;
    const message = 'The request body comes in thousands of tiny chunks; send larger ones, or a Content-Length';
    breakBodyOff(request, new Refusal(400, message, { headers: { connection: 'close' } }));
    return true;
  };
}
