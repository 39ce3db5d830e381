import type { IncomingMessage } from 'node:http';
import type { IncomingRequest } from '../pipeline/exchange.ts';
import { messageProblem } from './message-problem.ts';
import { bodyOf } from './request-body.ts';

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
  readonly malformed: string | undefined;
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
    this.malformed = messageProblem(message);
    this.match = match;
    this.methods = methods;
    this.#message = message;
  }

  get body(): AsyncIterable<Uint8Array> {
    return bodyOf(this.#message);
  }

  isGone(): boolean {
    return this.#message.socket.destroyed;
  }
}
