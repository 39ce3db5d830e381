import {
  type Clock,
  counted,
  formatRetryAfter,
  type JsonBounds,
  JsonError,
  LIMITS,
  parseStrictJson,
  type Route,
  SUGGESTED_WAITS,
} from '@openkupe/contract';
import { invalidRequest, Refusal, unavailable } from '../errors/refusal.ts';
import type { Permit } from '../overload/overload.ts';
import type { Upload, UploadLimit } from '../overload/upload-limit.ts';
import { rateLimitFields } from '../rate-limit/rate-limit-fields.ts';
import type { Exchange, IncomingRequest } from './exchange.ts';
import { hasExpired, overloaded, refuseIfGone } from './pass-overload.ts';

const BOUNDS: JsonBounds = { depth: LIMITS.bodyDepth, values: LIMITS.bodyValues, nameLength: LIMITS.fieldNameLength };

/** What {@link receiveBody} needs. */
export interface BodyDependencies {
  readonly clock: Pick<Clock, 'now'>;
  /** Bodies that are on their way. */
  readonly uploads: UploadLimit;
}

/** What is read of a request to read its body. */
type RequestBody = Pick<IncomingRequest, 'headers' | 'body'>;

/** 415 for a declared type that is not JSON, and for a coded body, with the one coding that is understood (RFC 9110 §15.5.16). */
function checkMediaType({ headers }: RequestBody): void {
  const codings = headers['content-encoding']?.split(',').map((coding) => coding.trim());
  const coding = codings?.find((one) => one !== '' && one.toLowerCase() !== 'identity');
  if (coding !== undefined) {
    const message = `The request body is declared as ${JSON.stringify(coding.slice(0, 80))}-encoded (Content-Encoding); send it as it is, without a coding`;
    throw new Refusal(415, message, { headers: { 'accept-encoding': 'identity' } });
  }
  const declared = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (declared && declared !== 'application/json' && !/^application\/[a-z0-9.-]+\+json$/.test(declared)) {
    throw new Refusal(415, `The request body is declared as ${JSON.stringify(declared.slice(0, 80))}; send Content-Type: application/json`);
  }
}

/** Reads the bytes of a body: 413 beyond `mostBytes`. `onArrival` is given the bytes of every piece, and may refuse it by throwing. */
async function readBytes({ headers, body }: RequestBody, mostBytes: number, onArrival?: (bytes: number) => void): Promise<Buffer> {
  const tooLarge = () =>
    new Refusal(413, `The request body is larger than ${mostBytes} bytes; send a smaller one`, { headers: { connection: 'close' } });
  if (Number(headers['content-length'] ?? 0) > mostBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      length += chunk.byteLength;
      if (length > mostBytes) throw tooLarge();
      onArrival?.(chunk.byteLength);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // The connection is lost, so the answer reaches no client, but it is no defect either.
    throw invalidRequest('The request body broke off before its end; nothing was executed, send the request again', 'body-broke-off');
  }
  return Buffer.concat(chunks);
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

/** The whole body of a client that is trusted to send it without delay. */
export async function readJsonBody(request: RequestBody, mostBytes: number): Promise<unknown> {
  checkMediaType(request);
  return parseJsonBody(await readBytes(request, mostBytes));
}

function tooManyBodies(retryAfterMs: number, exchange: Exchange, { uploads }: BodyDependencies): Refusal {
  const seconds = formatRetryAfter(retryAfterMs);
  const state = { name: 'bodies', remaining: 0, resetSeconds: Number(seconds) };
  Object.assign(exchange.headers, rateLimitFields([{ name: 'bodies', quota: uploads.limits.uploads }], [state], retryAfterMs));
  return new Refusal(429, `Too many unfinished request bodies from this address; finish those, or wait ${counted(seconds, 'second')}`, {
    code: 'rate-limited-bodies',
    headers: { 'retry-after': seconds },
  });
}

function grow(upload: Upload, bytes: number, exchange: Exchange, deps: BodyDependencies): void {
  const fit = upload.grow(bytes);
  if (fit === 'address-full') throw tooManyBodies(upload.endsWithinMs(), exchange, deps);
  if (fit === 'fits') return;
  const message = 'Too many request bodies are on their way; nothing was executed, retry with backoff';
  throw unavailable(message, SUGGESTED_WAITS.bodiesMs, 'overloaded');
}

/**
 * Stage 6, first half: the body, once the caller may send one. The permit to run is suspended while the client sends it, so that slow
 * clients hold none.
 */
export async function receiveBody(exchange: Exchange, { mostBytes }: Route, permit: Permit, deps: BodyDependencies): Promise<unknown> {
  const { request, clientAddress } = exchange;
  checkMediaType(request);
  const begun = deps.uploads.begin(clientAddress);
  if (!begun.isAdmitted) throw tooManyBodies(begun.retryAfterMs, exchange, deps);
  using upload = begun;
  permit.suspend();
  const bytes = await readBytes(request, mostBytes ?? LIMITS.bodyBytes, (more) => grow(upload, more, exchange, deps));
  using _parsing = await deps.uploads.parsePermit(clientAddress, bytes.length);
  refuseIfGone(request);
  const refusal = permit.resume(hasExpired(request, deps));
  if (refusal) throw overloaded(refusal);
  return parseJsonBody(bytes);
}
