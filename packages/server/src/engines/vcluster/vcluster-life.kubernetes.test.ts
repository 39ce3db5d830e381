import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as ask } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiKeyWithSecret, Cluster } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, createClient } from '../../../../../conformance/client.ts';
import { type Host, startHost } from '../../../../../conformance/kubernetes/host.ts';
import { NEEDS_KUBERNETES } from '../../../../../conformance/kubernetes/programs.ts';
import { type StartedServer, startServer } from '../../../../../conformance/start-server.ts';
import { getOverTls } from '../testing/get-over-tls.ts';
import { createStandIn, NODE_PORTS, PROGRAMS, type StandIn } from './testing/stand-in.ts';

const LIFE_MS = 5 * 60_000;
const PART_MS = 90_000;
/** The API server keeps an answer for a second; the rest is for a machine that has much to do. */
const REVOKED_MS = 1_000 + 1_500;

/** Where the control plane is asked by TLS, as pods of a host do it. */
async function startTls(host: Host, origin: () => string): Promise<Server> {
  const { certificatePem, keyPem } = await host.authority.issueServer();
  const server = createServer({ cert: certificatePem, key: keyPem }, (incoming, answer) => {
    const { method = '', url = '', headers } = incoming;
    const outgoing = ask(new URL(url, origin()), { method, headers, agent: false }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    outgoing.once('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** A whole life of a shared cluster by the API of the control plane, which is killed on the way: one test, because each part needs the one before. */
describe.skipIf(!PROGRAMS)(`a shared cluster on a host ${NEEDS_KUBERNETES}`, () => {
  let folder: string;
  let host: Host;
  let standIn: StandIn;
  let tls: Server;
  let server: StartedServer;
  let client: Client;
  let variables: Record<string, string>;
  let isEnding = false;
  let acting: Promise<void>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openkupe-vcluster-'));
    host = await startHost({ nodes: 1, apiServerFlags: [NODE_PORTS] });
    standIn = await createStandIn(host);
    tls = await startTls(host, () => server.host);
    const authority = join(folder, 'ca.crt');
    await writeFile(authority, host.caPem);
    variables = {
      OPENKUPE_ENGINE_SHARED: 'vcluster',
      OPENKUPE_HOST_KUBECONFIG: host.kubeconfig,
      OPENKUPE_VCLUSTER_VERSIONS: 'v1.36.3,v1.35.4',
      OPENKUPE_VCLUSTER_ENDPOINT: 'node-port:127.0.0.1',
      OPENKUPE_TOKEN_REVIEW_URL: `https://127.0.0.1:${(tls.address() as AddressInfo).port}`,
      OPENKUPE_TOKEN_REVIEW_CA_FILE: authority,
    };
    server = await startServer({ dataFolder: join(folder, 'data'), variables });
    client = createClient(server);
    acting = (async () => {
      for (; !isEnding; await sleep(100)) await standIn.act();
    })();
  }, LIFE_MS);
  afterAll(async () => {
    isEnding = true;
    await acting;
    await server?.stop();
    tls?.close();
    await standIn?.end();
    await host?.end();
    await rm(folder, { recursive: true, force: true });
  }, LIFE_MS);

  const found = async () => (await client.call<Cluster>('GET', './clusters/production')).body.status;
  const untilRunning = (version: string) =>
    expect.poll(found, { timeout: PART_MS, interval: 200 }).toMatchObject({ phase: 'Running', kubernetesVersion: version });
  async function crash(): Promise<void> {
    await server.kill();
    const { apiKey, tenant, dataFolder } = server;
    server = { ...(await startServer({ dataFolder, variables })), apiKey, tenant };
    client = createClient(server);
  }

  it('is made, used, upgraded and deleted, and refuses a key within a second of its deletion', { timeout: LIFE_MS, retry: 0 }, async () => {
    expect((await client.call('POST', './clusters', { body: { name: 'production', version: '1.35' } })).status).toBe(201);
    await crash();
    await untilRunning('v1.35.4');
    const { endpoint, certificateAuthority } = (
      await client.call<Record<'endpoint' | 'certificateAuthority', string>>('GET', './clusters/production/kubeconfig')
    ).body;
    const ca = Buffer.from(certificateAuthority, 'base64').toString();
    const status = async (key: string) =>
      (await getOverTls(endpoint, ca, '/api/v1/namespaces', { authorization: `Bearer ${key}` }).catch(() => undefined))?.status;
    expect(await status(server.apiKey)).toBe(200);
    expect(await status(`${server.apiKey.slice(0, -1)}_`)).toBe(401);

    const made = await client.call<ApiKeyWithSecret>('POST', './apikeys', { body: { displayName: 'short', role: 'admin' } });
    expect(await status(made.body.key)).toBe(200);
    expect((await client.call('DELETE', `./apikeys/${made.body.id}`)).status).toBe(204);
    const deletedMs = performance.now();
    await expect.poll(() => status(made.body.key), { timeout: 20_000, interval: 20 }).not.toBe(200);
    expect(performance.now() - deletedMs).toBeLessThan(REVOKED_MS);
    expect([401, 403]).toContain(await status(made.body.key));

    expect((await client.call('PATCH', './clusters/production', { body: { version: '1.36' } })).status).toBe(200);
    await crash();
    await untilRunning('v1.36.3');
    await expect.poll(() => status(server.apiKey), { timeout: 20_000 }).toBe(200);

    expect((await client.call('DELETE', './clusters/production')).status).toBe(204);
    await crash();
    const left = async () => (await client.call('GET', './clusters/production')).status;
    await expect.poll(left, { timeout: PART_MS, interval: 200 }).toBe(404);
    const namespaces = await host.ask('GET', '/api/v1/namespaces?labelSelector=app.kubernetes.io%2Fmanaged-by%3Dopenkupe');
    expect(JSON.parse(namespaces.body).items).toEqual([]);
  });
});
