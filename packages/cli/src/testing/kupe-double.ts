import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cluster } from '@openkupe/contract/resources/cluster';
import { ClusterDouble, type Journeys, notFound } from './cluster-double.ts';
import { API_KEYS, AUDIT, CREATED_AT, clusterFixture, DELIVERIES, EVENTS, PLANS, WEBHOOKS } from './fixtures.ts';
import type { Reply, SeenRequest } from './http-messages.ts';
import { moreReplyTo } from './more-doubles.ts';

/** A small server that speaks the API over real HTTP, for the answers that a test needs; the CLI is also run against the real one. */
export interface KupeDouble {
  readonly host: string;
  readonly seen: SeenRequest[];
  readonly clusters: Map<string, Cluster>;
  readonly journeys: Journeys;
  /** Called first for every request; where it returns undefined the double responds. */
  answer: (request: SeenRequest) => Reply | undefined;
  /** Requests whose work is done but whose answer never arrives. */
  losesAnswerTo: (request: SeenRequest) => boolean;
  close(): Promise<void>;
}

function planReply(name: string | undefined): Reply {
  if (name === undefined) return { status: 200, body: { items: PLANS } };
  const plan = PLANS.find((candidate) => candidate.name === name);
  return plan ? { status: 200, body: plan } : notFound(`plan "${name}"`);
}

function apiKeyReply({ method, body }: SeenRequest, id: string | undefined, action: string | undefined): Reply {
  if (method === 'GET' && id === undefined) return { status: 200, body: { items: API_KEYS } };
  if (method === 'DELETE') return API_KEYS.some((key) => key.id === id) ? { status: 204 } : notFound(`API key "${id}"`);
  const found = API_KEYS.find((key) => key.id === id);
  if (method === 'GET') return found ? { status: 200, body: found } : notFound(`API key "${id}"`);
  if (method === 'PATCH') return found ? { status: 200, body: { ...found, ...(body as object) } } : notFound(`API key "${id}"`);
  const made = { id: 'ak-0badcafe', createdBy: 'owner@acme.example', createdAt: CREATED_AT, key: 'kupe_0badcafe_secret' };
  return {
    status: 201,
    body: { ...made, ...(action === 'rotate' ? { displayName: found?.displayName, role: found?.role } : (body as object)) },
  };
}

function webhookReply({ method, body }: SeenRequest, name: string | undefined, action: string | undefined): Reply {
  const secret = 'whsec_c2VjcmV0IG9mIGEgdGVzdA==';
  if (name === undefined && method === 'GET') return { status: 200, body: { items: WEBHOOKS } };
  if (name === undefined) return { status: 201, body: { ...WEBHOOKS[1], ...(body as object), secret } };
  const found = WEBHOOKS.find((webhook) => webhook.name === name);
  if (!found) return notFound(`webhook "${name}"`);
  if (action === 'rotate-secret') return { status: 200, body: { ...found, secret } };
  if (action === 'deliveries') return method === 'GET' ? { status: 200, body: { items: DELIVERIES } } : { status: 202, body: found };
  return method === 'DELETE' ? { status: 204 } : { status: 200, headers: { etag: '"12.1"' }, body: found };
}

function replyTo(request: SeenRequest, clusters: ClusterDouble): Reply {
  const [, , , scope, tenantOrPlan, kind, name, action] = (request.path.split('?')[0] ?? '').split('/');
  if (scope === 'plans') return planReply(tenantOrPlan);
  const more = moreReplyTo(request, kind, name, action);
  if (more) return more;
  if (kind?.startsWith('events')) return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: EVENTS };
  if (kind?.startsWith('audit')) return { status: 200, body: { items: AUDIT } };
  if (kind === 'webhooks') return webhookReply(request, name, action);
  return kind === 'clusters' ? clusters.reply(request, name, action) : apiKeyReply(request, name, action);
}

async function readRequest(incoming: IncomingMessage): Promise<SeenRequest> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
  const { method = '', url = '', headers } = incoming;
  return { method, path: url, headers, body: text === '' ? undefined : JSON.parse(text) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Starts a double on a free port of this machine, with two running clusters. */
export async function startKupeDouble(): Promise<KupeDouble> {
  const fixtures = [clusterFixture('production'), clusterFixture('staging', { displayName: 'ステージング', resources: { cpu: '500m' } })];
  const clusters = new ClusterDouble(new Map(fixtures.map((one) => [one.name, one])), {
    created: ['Provisioning', 'Running'],
    changed: ['Upgrading', 'Running'],
    deleted: ['Terminating'],
  });
  const seen: SeenRequest[] = [];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const double: KupeDouble = {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    clusters: clusters.clusters,
    journeys: clusters.journeys,
    answer: () => undefined,
    losesAnswerTo: () => false,
    close: () => close(server),
  };
  server.on('request', async (incoming, response) => {
    const request = await readRequest(incoming);
    seen.push(request);
    const reply = double.answer(request) ?? replyTo(request, clusters);
    if (double.losesAnswerTo(request)) return void response.destroy();
    // NOTE: the double's clock stands still at the moment at which everything of it was made.
    const date = new Date(CREATED_AT).toUTCString();
    response.writeHead(reply.status, { 'content-type': 'application/json', date, 'x-request-id': `req-${seen.length}`, ...reply.headers });
    response.end(typeof reply.body === 'object' ? JSON.stringify(reply.body) : reply.body);
  });
  return double;
}
