import type { Method } from '@openkupe/contract/routes/route';

/** One HTTP request, which a {@link Transport} sends once. */
export interface TransportRequest {
  readonly method: Method;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Whether the same bytes may arrive twice. A transport sends the others on a new connection, because a kept one may be closed by the server at that moment. */
  readonly isRepeatable: boolean;
  /**
   * Which attempt of its call this is, from 1; one that ended in a 429 and was waited for does not count. From 2 on Node's transport says it in
   * `X-Request-Attempt`, so that a server with too much to do can serve first attempts first. That of browsers does not: a server that
   * does not list the header among those it allows would have the browser refuse every repeat.
   */
  readonly attempt?: number;
  readonly signal: AbortSignal;
  /**
   * Takes the body of a `text/event-stream` answer piece by piece, as it comes; the answer, once it ends, then has no text. What it throws
   * ends the request. A transport that does not call it reads such an answer whole.
   */
  readonly onText?: ((text: string) => void) | undefined;
}

/** The headers of an answer. */
export interface ResponseHeaders {
  /** The value of a header, by its lower-case name. */
  get(name: string): string | null | undefined;
}

/** A whole answer. */
export interface TransportResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** The body, decoded as UTF-8. */
  readonly text: string;
}

/**
 * Sends one request once and reads the whole answer. It never repeats what may have arrived, never follows a
 * redirect, and throws {@link NoAnswer} when there is no answer to return.
 */
export interface Transport {
  readonly name: string;
  send(request: TransportRequest): Promise<TransportResponse>;
  /** Closes idle connections; without it a process may live on until the server closes them. */
  close?(): void;
}

/** Whether a `Content-Type` is that of server-sent events. */
export const isEventStream = (type: string | null | undefined): boolean => /^text\/event-stream\b/i.test(type ?? '');

/** Most bytes of an answer that are read. Existing clients of the API read the same amount. */
export const MOST_RESPONSE_BYTES = 10 * 1024 * 1024;

/**
 * Why there is no answer: `unreachable` only when it is certain that nothing was sent, `cannot-connect` when it is, and trying again
 * cannot help (a name that does not exist, a certificate that is not trusted), `no-answer` when the request may have arrived, `unreadable`
 * when an answer came that cannot be read: longer than {@link MOST_RESPONSE_BYTES}, say.
 */
export type NoAnswerKind = 'unreachable' | 'cannot-connect' | 'no-answer' | 'unreadable';

/** What a transport throws. The message is one sentence without the URL's query and without headers. */
export class NoAnswer extends Error {
  readonly kind: NoAnswerKind;

  constructor(kind: NoAnswerKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}
