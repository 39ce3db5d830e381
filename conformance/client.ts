import { randomBytes } from 'node:crypto';
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** An answer, with nothing interpreted but JSON. `Body` is what the caller expects; nothing has checked it. */
export interface HttpAnswer<Body = unknown> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The parsed body, or `undefined` when the text is not JSON. */
  readonly body: Body;
}

export interface CallOptions {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** The bearer token in place of the client's own; `null` sends no Authorization header. */
  readonly key?: string | null;
}

export interface ClientOptions {
  readonly host: string;
  readonly tenant: string;
  readonly apiKey: string;
  /** The local address to call from; the machine's choice when absent. */
  readonly from?: string;
  /** Waits out up to this many 429 answers to one call; 0 shows every one of them. */
  readonly patience?: number;
  readonly agent?: Agent;
}

export interface Client extends ClientOptions {
  /** Sends one request. `path` is sent as it is; `.` is the client's tenant and `./clusters` what is below it. */
  call<Body = unknown>(method: string, path: string, options?: CallOptions): Promise<HttpAnswer<Body>>;
}

const CALL_MS = 30_000;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sendOnce(client: ClientOptions, method: string, path: string, options: CallOptions): Promise<HttpAnswer> {
  const text = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  const key = options.key === undefined ? client.apiKey : options.key;
  const { hostname, port } = new URL(client.host);
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: hostname.replace(/^\[|\]$/g, ''),
      port,
      method,
      path,
      agent: client.agent ?? false,
      ...(client.from ? { localAddress: client.from } : {}),
      headers: {
        accept: 'application/json',
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...(text === undefined || options.headers?.['transfer-encoding'] ? {} : { 'content-length': String(Buffer.byteLength(text)) }),
        ...options.headers,
      },
    });
    outgoing.setTimeout(CALL_MS, () => outgoing.destroy(new Error(`${method} ${path} was not answered within ${CALL_MS} ms`)));
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const received = Buffer.concat(chunks).toString('utf8');
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text: received, body: parsed(received) });
      });
    });
    outgoing.end(text);
  });
}

/** A client that adds nothing of its own: no redirect, no retry, no path normalisation. */
export function createClient(options: ClientOptions): Client {
  return {
    ...options,
    async call<Body>(method: string, path: string, callOptions: CallOptions = {}) {
      const target = path.startsWith('.') ? `/api/v1/tenants/${options.tenant}${path.slice(1)}` : path;
      for (let left = options.patience ?? 0; ; left -= 1) {
        const answer = await sendOnce(options, method, target, callOptions);
        if (answer.status !== 429 || left <= 0) return answer as HttpAnswer<Body>;
        await sleep(Number(answer.headers['retry-after']) * 1000);
      }
    },
  };
}

/** A loopback address that no test used before: a client of its own as far as a limit per address is concerned. */
export function freshAddress(): string {
  const [high = 0, middle = 0, low = 0] = randomBytes(3);
  return `127.${1 + (high % 254)}.${middle}.${2 + (low % 250)}`;
}
