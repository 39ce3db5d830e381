import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Random } from '@openkupe/contract';
import type { IncomingRequest } from '../pipeline/exchange.ts';

/**
 * Fields of which a request has at most one. Node keeps the first of two and drops the other, so that a proxy that keeps the last and this
 * server would read different requests (RFC 9110 §5.3, RFC 9112 §3.2). Fields that are lists, such as `If-Match`, are combined instead.
 */
const SINGLE_FIELDS: ReadonlyMap<string, string> = new Map(
  ['Host', 'Authorization', 'Content-Type', 'Content-Length', 'Idempotency-Key'].map((name) => [name.toLowerCase(), name]),
);

function repeatedField(rawHeaders: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    if (!SINGLE_FIELDS.has(name)) continue;
    if (seen.has(name)) return SINGLE_FIELDS.get(name);
    seen.add(name);
  }
  return undefined;
}

function unmetExpectation({ headers: { expect }, httpVersion }: IncomingMessage): string | undefined {
  if (expect === undefined || httpVersion === '1.0') return undefined;
  return expect.split(',').find((member) => member.trim() !== '' && member.trim().toLowerCase() !== '100-continue');
}

/**
 * What is wrong with a request as an HTTP message although the parser took it, as a sentence that names the header; `undefined` when
 * nothing is. The request is then answered 400 and its connection closed, because what follows on it may not be what it seems.
 */
function messageProblem(request: IncomingMessage): string | undefined {
  const { rawHeaders, headers, httpVersion } = request;
  const repeated = repeatedField(rawHeaders);
  if (repeated) return `The request has more than one ${repeated} header; send one`;
  if (headers.host === undefined && httpVersion === '1.1') return 'The request has no Host header; send one';
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked') {
    return `The Transfer-Encoding ${JSON.stringify(coding.slice(0, 80))} is not possible here; send "chunked" alone, or a Content-Length`;
  }
  const expectation = unmetExpectation(request);
  if (expectation === undefined) return undefined;
  return `The expectation ${JSON.stringify(expectation.trim().slice(0, 80))} cannot be met; send Expect: 100-continue, or no Expect header`;
}

/** Responses to requests that said `Expect: 100-continue` and wait for it, by their request. */
const awaiting = new WeakMap<IncomingMessage, ServerResponse>();
/** Why the bodies of these requests ended before their end. */
const broken = new WeakMap<IncomingMessage, unknown>();

/** Notes that the client waits for `100 Continue` before it sends the body. */
export function awaitContinue(request: IncomingMessage, response: ServerResponse): void {
  awaiting.set(request, response);
}

/** Ends a body of which no more can come: its reader gets `error` where the rest should be, and so decides what is answered. */
export function breakBodyOff(request: IncomingMessage, error: unknown): void {
  broken.set(request, error);
  // NOTE: Node destroys the connection of a request whose stream ends while it is not complete, and the answer with it.
  request.complete = true;
  request.push(null);
}

/**
 * The bytes of a request's body. `100 Continue` is sent when the first is asked for, which is after everything that could refuse the
 * request unread: a client gets the final status instead and keeps its body (RFC 9110 §10.1.1). Throws what the body broke off with.
 */
async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  awaiting.get(request)?.writeContinue();
  // NOTE: leaving the loop over it early does not destroy it, so that what is not read can still be dropped after the answer.
  yield* request.iterator({ destroyOnReturn: false });
  if (broken.has(request)) throw broken.get(request);
}

const SANE_REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{7,63}$/;
const PREFIX_BYTES = 7;
const COUNTER_DIGITS = 6;
const MOST_COUNTED = 16 ** COUNTER_DIGITS;

/** Gives requests their ids. */
export interface RequestIds {
  /** A new id: `req-` and 20 hexadecimal digits, of which the last six are counted, because random bytes for each cost microseconds. */
  next(): string;
  /** The id that a request brought, if it is a sane one; otherwise a new one. */
  of(sent: string | undefined): string;
}

/** Makes {@link RequestIds} with a random beginning. */
export function createRequestIds(random: Pick<Random, 'bytes'>): RequestIds {
  let prefix = '';
  let count = MOST_COUNTED;
  const next = () => {
    if (count === MOST_COUNTED) {
      prefix = `req-${Buffer.from(random.bytes(PREFIX_BYTES)).toString('hex')}`;
      count = 0;
    }
    const counted = count.toString(16).padStart(COUNTER_DIGITS, '0');
    count += 1;
    return prefix + counted;
  };
  return { next, of: (sent) => (sent !== undefined && SANE_REQUEST_ID.test(sent) ? sent : next()) };
}

/** What the adapter knows of a request besides the message itself. */
export interface RequestFacts {
  readonly requestId: string;
  readonly clientAddress: string;
  /** What the router found. */
  readonly match?: IncomingRequest['match'];
  /** The methods that exist on its path, where that is none of the table's. */
  readonly methods?: readonly string[] | undefined;
}

/** A request of Node's server as the plain values that the pipeline reads. */
export class HttpRequest implements IncomingRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingRequest['headers'];
  readonly requestId: string;
  readonly clientAddress: string;
  readonly socketAddress: string;
  readonly match: IncomingRequest['match'];
  readonly methods: readonly string[] | undefined;
  readonly #message: IncomingMessage;

  constructor(message: IncomingMessage, { requestId, clientAddress, match, methods }: RequestFacts) {
    this.method = message.method ?? 'GET';
    this.target = message.url ?? '/';
    // NOTE: of a request only Set-Cookie would be a list, which nothing reads.
    this.headers = message.headers as IncomingRequest['headers'];
    this.requestId = requestId;
    this.clientAddress = clientAddress;
    this.socketAddress = message.socket.remoteAddress ?? '';
    this.match = match;
    this.methods = methods;
    this.#message = message;
  }

  get malformed(): string | undefined {
    return messageProblem(this.#message);
  }

  get body(): AsyncIterable<Uint8Array> {
    return bodyOf(this.#message);
  }

  isGone(): boolean {
    return this.#message.socket.destroyed;
  }
}
