import { LIMITS } from '@openkupe/contract';
import { invalidRequest, Refusal } from '../refusal.ts';
import type { IncomingRequest } from './exchange.ts';

/** Deeper nesting than any resource has; it keeps recursion over a body bounded. */
const DEEPEST = 64;

const tooLarge = () =>
  new Refusal(413, `The request body is larger than ${LIMITS.bodyBytes} bytes; send a smaller one`, { headers: { connection: 'close' } });

/** Reads a body of at most {@link LIMITS.bodyBytes}: 413 beyond. `onArrival` is told of every piece, and may refuse it by throwing. */
export async function readBytes(request: IncomingRequest, onArrival: (bytes: number) => void): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > LIMITS.bodyBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request.body) {
      length += chunk.byteLength;
      if (length > LIMITS.bodyBytes) throw tooLarge();
      onArrival(chunk.byteLength);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // Nobody hears this, but it is no defect of ours either.
    throw invalidRequest('The request body broke off before its end; nothing was executed, send the request again', 'body-broke-off');
  }
  return Buffer.concat(chunks);
}

function isTooDeep(root: unknown): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return false;
}

/** 415 for a declared type that is not JSON, and for a coded body, with the one coding that is understood (RFC 9110 §15.5.16). */
export function checkMediaType(request: IncomingRequest): void {
  const codings = request.headers['content-encoding']?.split(',').map((coding) => coding.trim());
  const coding = codings?.find((one) => one !== '' && one.toLowerCase() !== 'identity');
  if (coding !== undefined) {
    const message = `The request body is declared as ${JSON.stringify(coding.slice(0, 80))}-encoded (Content-Encoding); send it as it is, without a coding`;
    throw new Refusal(415, message, { headers: { 'accept-encoding': 'identity' } });
  }
  const declared = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (declared && declared !== 'application/json' && !/^application\/[a-z0-9.-]+\+json$/.test(declared)) {
    throw new Refusal(415, `The request body is declared as ${JSON.stringify(declared.slice(0, 80))}; send Content-Type: application/json`);
  }
}

/** The whole of it, for a client that is trusted not to dawdle. */
export async function readJsonBody(request: IncomingRequest): Promise<unknown> {
  checkMediaType(request);
  return parseJsonBody(await readBytes(request, () => {}));
}

/** 400 for bytes that are not JSON. */
export function parseJsonBody(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw invalidRequest('The request body is empty; send a JSON object');
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'it is not valid JSON' : 'it is not valid UTF-8';
    throw invalidRequest(`The request body cannot be read: ${reason}; send one JSON object`);
  }
  if (isTooDeep(body)) throw invalidRequest(`The request body is nested deeper than ${DEEPEST} levels; send a flatter one`);
  return body;
}
