/** What became of one request, as the client could see it. Neither keys nor bodies are in it. */
export interface RecordedRequest {
  /** Counted from 1. */
  readonly number: number;
  /** RFC 3339 with milliseconds, on the clock of the sandbox. */
  readonly at: string;
  /** Real milliseconds since the recording began. */
  readonly sinceStartMs: number;
  readonly method: string;
  readonly target: string;
  /** The id of the route in the contract; `undefined` for a path that is none. */
  readonly route: string | undefined;
  /** `key-1` for the first credential that was seen, `key-2` for the next; `undefined` without one. */
  readonly key: string | undefined;
  readonly headers: { readonly ifMatch?: string; readonly idempotencyKey?: string; readonly accept?: string; readonly userAgent?: string };
  readonly bodyBytes: number;
  /** The beginning of the SHA-256 of the body in hexadecimal, to tell equal bodies. */
  readonly bodyHash: string | undefined;
  /** The names of the rules that fired, `header` and `name` for faults that came with the request. */
  readonly firedBy: readonly string[];
  /** The kinds of the faults. */
  readonly faults: readonly string[];
  /** What the server answered, whether or not it reached the client; `undefined` where it was not asked. */
  executedAs: number | undefined;
  /** What the client got: a status, or how the connection ended. `undefined` while it is not decided. */
  outcome: number | 'reset' | 'closed' | 'cut' | 'left' | undefined;
  retryAfter: string | undefined;
  etag: string | undefined;
  tookMs: number | undefined;
}

/** What was recorded, oldest first. */
export interface Recording {
  readonly requests: readonly RecordedRequest[];
  /** How many of the oldest are no longer kept. */
  readonly forgotten: number;
}

/** Requests that are kept. */
const MOST_REQUESTS = 10_000;

/** Keeps a {@link Recording}. */
export interface Recorder {
  add(
    request: Omit<RecordedRequest, 'number' | 'key' | 'executedAs' | 'outcome' | 'retryAfter' | 'etag' | 'tookMs'>,
    credential: string | undefined,
  ): RecordedRequest;
  read(): Recording;
  clear(): void;
}

/** Makes an empty {@link Recorder}. */
export function createRecorder(): Recorder {
  let requests: RecordedRequest[] = [];
  let count = 0;
  const keys = new Map<string, string>();
  const labelOf = (credential: string) => {
    const label = keys.get(credential) ?? `key-${keys.size + 1}`;
    if (keys.size < MOST_REQUESTS) keys.set(credential, label);
    return label;
  };
  return {
    add(request, credential) {
      count += 1;
      const nothingYet = { executedAs: undefined, outcome: undefined, retryAfter: undefined, etag: undefined, tookMs: undefined };
      const added = { number: count, ...request, key: credential === undefined ? undefined : labelOf(credential), ...nothingYet };
      requests.push(added);
      if (requests.length > MOST_REQUESTS) requests = requests.slice(-MOST_REQUESTS / 2);
      return added;
    },
    read: () => ({ requests: requests.map((one) => ({ ...one })), forgotten: count - requests.length }),
    clear() {
      requests = [];
      count = 0;
      keys.clear();
    },
  };
}
