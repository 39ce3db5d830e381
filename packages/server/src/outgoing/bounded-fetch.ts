/** An answer that was read whole. */
export interface BoundedAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

export interface BoundedRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the request, the answer's headers and its body alike. */
  readonly signal: AbortSignal;
  /** The longest body that is read, decompressed, in bytes. */
  readonly mostBytes: number;
}

/**
 * The only way in which this server reads an answer over HTTP: a GET that follows no redirect and is bounded in bytes and, by its signal,
 * in total time. A server that sends without end, or a byte a second, costs at most both. Rejects when the answer is too long, when the
 * signal aborts, and when there is no answer. The library bounds the headers (16 KiB).
 */
export async function boundedFetch(address: URL, { headers = {}, signal, mostBytes }: BoundedRequest): Promise<BoundedAnswer> {
  const response = await fetch(address, { headers, signal, redirect: 'manual' });
  const chunks: Uint8Array[] = [];
  let length = 0;
  // NOTE: leaving the loop by an error cancels the body, which closes the connection.
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > mostBytes) throw new Error(`it answered more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: response.status, body: Buffer.concat(chunks) };
}

/** The body as JSON, or `undefined` when it is none. */
export function jsonOf({ body }: Pick<BoundedAnswer, 'body'>): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}

/** Why an answer could not be read, for an operator. `fetch` hides it in the cause. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const { code } = cause as { code?: unknown };
  return typeof code === 'string' ? code : cause.message;
}
