/** A response that was read completely. */
export interface BoundedAnswer {
  readonly status: number;
  readonly headers: Pick<Headers, 'get'>;
  readonly body: Uint8Array;
}

/** Headers and bounds of a request. */
export interface BoundedRequest {
  /** `GET` where nothing is said. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Aborts the request, at any time until the body is read. */
  readonly signal: AbortSignal;
  /** The longest body that is read, decompressed, in bytes. */
  readonly mostBytes: number;
}

/**
 * The only way in which this server reads over HTTP: a request that follows no redirect and is bounded in bytes and, by its signal, in total
 * time, also against an endless or slow body. Rejects when the body is too long, when the signal aborts, and without a response. The
 * library bounds the headers (16 KiB).
 */
export async function boundedFetch(address: URL, { mostBytes, ...request }: BoundedRequest): Promise<BoundedAnswer> {
  const response = await fetch(address, { ...request, redirect: 'manual' });
  const chunks: Uint8Array[] = [];
  let length = 0;
  // NOTE: leaving the loop by an error cancels the body, which closes the connection.
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > mostBytes) throw new Error(`it answered more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: response.status, headers: response.headers, body: Buffer.concat(chunks) };
}

/** The body parsed as JSON; `undefined` when it is not JSON. */
export function jsonOf({ body }: Pick<BoundedAnswer, 'body'>): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}

/** Why a request failed, for an operator: `fetch` puts it into the cause of its error. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const { code } = cause as { code?: unknown };
  return typeof code === 'string' ? code : cause.message;
}
