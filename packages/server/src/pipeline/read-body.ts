import { type JsonBounds, JsonError, LIMITS, parseStrictJson } from '@openkupe/contract';
import { invalidRequest, Refusal } from '../errors/refusal.ts';
import type { IncomingRequest } from './exchange.ts';

const BOUNDS: JsonBounds = { depth: LIMITS.bodyDepth, values: LIMITS.bodyValues, nameLength: LIMITS.fieldNameLength };

const tooLarge = (mostBytes: number) =>
  new Refusal(413, `The request body is larger than ${mostBytes} bytes; send a smaller one`, { headers: { connection: 'close' } });

/** What reading a body needs to know. */
export interface BodyReading {
  /** Longer bodies are 413. */
  readonly mostBytes: number;
  /** Is given the bytes of every piece as it arrives, and may refuse it by throwing. */
  onArrival?(bytes: number): void;
}

/** Reads the bytes of a body: 413 beyond `mostBytes`. */
export async function readBytes(request: IncomingRequest, { mostBytes, onArrival }: BodyReading): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge(mostBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request.body) {
      length += chunk.byteLength;
      if (length > mostBytes) throw tooLarge(mostBytes);
      onArrival?.(chunk.byteLength);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // Nobody hears this, but it is no defect of ours either.
    throw invalidRequest('The request body broke off before its end; nothing was executed, send the request again', 'body-broke-off');
  }
  return Buffer.concat(chunks);
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
export async function readJsonBody(request: IncomingRequest, mostBytes: number): Promise<unknown> {
  checkMediaType(request);
  return parseJsonBody(await readBytes(request, { mostBytes }));
}

function textOf(bytes: Uint8Array): string {
  try {
    // NOTE: this takes a byte order mark off, as RFC 8259 §8.1 allows.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new JsonError('it is not valid UTF-8; send one JSON object');
  }
}

/** 400 for bytes that are not I-JSON within the bounds: which field, and what to do. */
export function parseJsonBody(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw invalidRequest('The request body is empty; send a JSON object');
  try {
    return parseStrictJson(textOf(bytes), BOUNDS);
  } catch (error) {
    if (error instanceof JsonError) throw invalidRequest(`The request body cannot be read: ${error.message}`);
    throw error;
  }
}
