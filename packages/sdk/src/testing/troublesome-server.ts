import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { cluster } from './try-client.ts';

/** One request as the server saw it. */
export interface Visit {
  readonly run: string;
  readonly trouble: string;
  readonly method: string;
  readonly headers: http.IncomingHttpHeaders;
  /** The client's end of the connection was closed before the server had answered. */
  wasAbandoned: boolean;
}

/** A started server that misbehaves by plan. */
export interface TroublesomeServer {
  readonly host: string;
  readonly visits: readonly Visit[];
  stop(): Promise<void>;
}

interface Scene {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  /** How often the same method was asked of this trouble in this run, this time included. */
  readonly time: number;
}

type Trouble = (scene: Scene) => void;

function answer(response: http.ServerResponse, version = '1.31', etag = '"10"') {
  response.writeHead(200, { 'Content-Type': 'application/json', ETag: etag });
  const createdAt = new Date().toISOString();
  response.end(JSON.stringify(cluster('prod', { version, resourceVersion: etag.slice(1, -1), createdAt })));
}

function refuse(response: http.ServerResponse, status: number, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify({ error: `Refused with ${status}` }));
}

/** What happens, by the name of the trouble. */
const TROUBLES: Readonly<Record<string, Trouble>> = {
  limited: ({ response, time }) => (time === 1 ? refuse(response, 429, { 'Retry-After': '1' }) : answer(response)),
  unavailable: ({ response, time }) => (time === 1 ? refuse(response, 503) : answer(response)),
  broken({ request, response, time }) {
    if (time > 1) return answer(response);
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
    response.write('{"name":', () => request.socket.resetAndDestroy());
  },
  /** Another client writes between the first reading and the first writing. */
  contested({ request, response, time }) {
    if (request.method === 'GET') return answer(response, '1.31', `"${9 + time}"`);
    return time === 1 ? refuse(response, 412) : answer(response, '1.32', '"12"');
  },
  endless: ({ response }) => refuse(response, 429, { 'Retry-After': '30' }),
  silent: () => {},
  moved: ({ response }) => void response.writeHead(302, { Location: '/api/v1/tenants/elsewhere/clusters/prod' }).end(),
  /** Takes a POST and closes the connection, as a server does that closes an idle one at that moment. */
  lost: ({ request, response }) => (request.method === 'POST' ? void request.socket.destroy() : answer(response)),
};

const REQUEST_HEADERS = 'authorization, content-type, idempotency-key, if-match, x-request-id';

/**
 * Starts a server on loopback that misbehaves by plan: what happens to `/api/v1/tenants/<run>.<trouble>/…` depends on the trouble and
 * on how often it was asked. It keeps idle connections for a minute, so that a client that leaves one open is found out. Browsers may
 * ask it from any page, and see the headers in `exposed`.
 */
export async function startTroublesomeServer({ exposed = '' }: { exposed?: string } = {}): Promise<TroublesomeServer> {
  const visits: Visit[] = [];
  const server = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    if (exposed) response.setHeader('Access-Control-Expose-Headers', exposed);
    if (request.method === 'OPTIONS') {
      const allowed = { 'Access-Control-Allow-Headers': REQUEST_HEADERS, 'Access-Control-Allow-Methods': 'GET, POST, PATCH, DELETE' };
      return response.writeHead(204, allowed).end();
    }
    const [, run = '', trouble = ''] = /^\/api\/v1\/tenants\/([^/.]+)\.([^/]+)\//.exec(request.url ?? '') ?? [];
    const { method = '', headers } = request;
    const visit: Visit = { run, trouble, method, headers, wasAbandoned: false };
    visits.push(visit);
    response.on('close', () => {
      visit.wasAbandoned = !response.writableEnded;
    });
    const time = visits.filter((one) => one.run === run && one.trouble === trouble && one.method === method).length;
    const happen = TROUBLES[trouble];
    if (happen) happen({ request, response, time });
    else refuse(response, 404);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    visits,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
