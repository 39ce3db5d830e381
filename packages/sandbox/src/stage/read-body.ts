import type { IncomingMessage, ServerResponse } from 'node:http';

/** The longest body that the fault stage reads, in bytes; the server refuses shorter ones. */
const MOST_BYTES = 4 * 2 ** 20;

/** Whether a request has a body. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** The whole body of a request; `undefined` where it is longer than 4 MiB, or broke off. */
export async function readBody(message: IncomingMessage, response: ServerResponse): Promise<Buffer | undefined> {
  if (!hasBody(message)) return Buffer.alloc(0);
  if (Number(message.headers['content-length'] ?? 0) > MOST_BYTES) return undefined;
  if (message.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of message.iterator({ destroyOnReturn: false })) {
      bytes += (part as Buffer).length;
      if (bytes > MOST_BYTES) return undefined;
      parts.push(part as Buffer);
    }
  } catch {
    return undefined;
  }
  return message.complete ? Buffer.concat(parts) : undefined;
}
