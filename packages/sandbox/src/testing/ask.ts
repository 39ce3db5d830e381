import { type IncomingHttpHeaders, request } from 'node:http';
import type { Sandbox } from '../sandbox.ts';

/** What came of a request on the wire. */
export interface Asked {
  /** `undefined` where the connection ended before a head. */
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The error code of the connection, or `aborted` within a body. */
  readonly broke: string | undefined;
  /** How many times data arrived. */
  readonly pieces: number;
  readonly tookMs: number;
}

/** Sends one request on a connection of its own, with `node:http` and nothing around it. Resolves however it ends. */
export function askRaw(
  url: string,
  options: { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown } = {},
): Promise<Asked> {
  const { method = 'GET', headers, body } = options;
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const typed = payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) };
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const end = (status: number | undefined, received: IncomingHttpHeaders, broke: string | undefined) =>
      resolve({
        status,
        headers: received,
        body: Buffer.concat(parts),
        broke,
        pieces: parts.length,
        tookMs: performance.now() - startedMs,
      });
    const outgoing = request(url, { method, agent: false, headers: { ...typed, ...headers } }, (incoming) => {
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () => end(incoming.statusCode, incoming.headers, undefined));
      incoming.on('error', () => end(incoming.statusCode, incoming.headers, 'aborted'));
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => end(undefined, {}, error.code ?? error.message));
    outgoing.end(payload);
  });
}

/** Asks a sandbox with its own key; `path` is below the tenant. */
export function ask(
  sandbox: Pick<Sandbox, 'url' | 'tenant' | 'apiKey'>,
  method: string,
  path: string,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown } = {},
): Promise<Asked> {
  const headers = { authorization: `Bearer ${sandbox.apiKey}`, ...options.headers };
  return askRaw(`${sandbox.url}/api/v1/tenants/${sandbox.tenant}${path}`, { ...options, method, headers });
}

/** The body as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON came
export const jsonOf = ({ body }: Asked): any => JSON.parse(body.toString('utf8'));
