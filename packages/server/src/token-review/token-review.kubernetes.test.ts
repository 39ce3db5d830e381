import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiKeyWithSecret, AuditPage } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient } from '../../../../conformance/client.ts';
import { HOST_PROGRAMS, type Host, startHost } from '../../../../conformance/kubernetes/host.ts';
import { NEEDS_KUBERNETES } from '../../../../conformance/kubernetes/programs.ts';
import { hasPostgres, NEEDS_POSTGRES } from '../../../../conformance/postgres-server.ts';
import { type Replicas, startReplicas } from '../../../../conformance/replicas.ts';
import { type StartedServer, startServer } from '../../../../conformance/start-server.ts';
import { readSecrets } from '../config/secrets.ts';
import {
  accessReviewConfiguration,
  accessReviewKubeconfig,
  TOKEN_REVIEW_PATH,
  tokenReviewKubeconfig,
} from '../engines/token-review-access.ts';
import { type OidcIssuerUnderTest, startOidcIssuer } from '../testing/oidc-issuer.ts';
import { createClusterCredentials } from './cluster-credentials.ts';

/** The API server keeps an answer for a second; the rest is for a machine that has much to do. */
const REVOKED_MS = 1_000 + 500;
const NAMESPACES = '/api/v1/namespaces';

/** A real API server that asks a control plane about the tokens that it is sent. */
interface AskingApiServer extends Host {
  /** Sends a request with a token: what kubectl does with the kubeconfig of a cluster. */
  as(token: string, method: string, path: string, body?: object): Promise<{ readonly status: number; readonly json: never }>;
}

/** Makes a cluster on the control plane, and starts a real API server in its place. */
async function startAsking(server: StartedServer, client: Client): Promise<AskingApiServer> {
  expect((await client.call('POST', './clusters', { body: { name: 'web' } })).status).toBe(201);
  const { body } = await client.call<AuditPage>('GET', './audit');
  const uid = body.items.find(({ action }) => action === 'clusters.create')?.targetUid ?? '';
  const secrets = await readSecrets(join(server.dataFolder, 'secrets.json'), undefined);
  if (!secrets) throw new Error('The control plane has no secrets');
  const { credentialFor } = createClusterCredentials(secrets.pepper);
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-token-review-'));
  const file = join(folder, 'webhook.json');
  const access = { url: server.host + TOKEN_REVIEW_PATH, credentialFor };
  const [authorizer, authorization] = [join(folder, 'access.json'), join(folder, 'authorization.json')];
  await writeFile(file, tokenReviewKubeconfig(access, uid), { mode: 0o600 });
  await writeFile(authorizer, accessReviewKubeconfig(access, uid), { mode: 0o600 });
  await writeFile(authorization, accessReviewConfiguration(authorizer, ['Node', 'RBAC']));
  const host = await startHost({
    apiServerFlags: [
      `--authentication-token-webhook-config-file=${file}`,
      '--authentication-token-webhook-version=v1',
      '--authentication-token-webhook-cache-ttl=1s',
      `--authorization-config=${authorization}`,
    ],
  });
  const rights = { 'kupe:role:admin': 'cluster-admin', 'kupe:role:readonly': 'view' };
  for (const [group, role] of Object.entries(rights)) await bind(host, group, role);
  const end = async () => {
    await host.end();
    await rm(folder, { recursive: true });
  };
  return { ...host, end, as: (token, ...rest) => ask(host, token, ...rest) };
}

async function bind(host: Host, group: string, role: string): Promise<void> {
  const answer = await host.ask('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: group },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }],
  });
  expect(answer.status, answer.body).toBe(201);
}

const ask = ({ server, caPem }: Host, token: string, method: string, path: string, body?: object) =>
  new Promise<{ status: number; json: never }>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
    const sent = request(new URL(path, server), { method, ca: caPem, headers, agent: false }, async (response) => {
      let text = '';
      for await (const piece of response.setEncoding('utf8')) text += piece;
      resolve({ status: response.statusCode ?? 0, json: (text === '' ? undefined : JSON.parse(text)) as never });
    });
    sent.once('error', reject);
    sent.end(body && JSON.stringify(body));
  });

/** How long a key still works after it was deleted, in milliseconds, while it is used all the time. */
async function revocationMs(apiServer: AskingApiServer, makes: Client, deletes: Client): Promise<number> {
  const { id, key } = (await makes.call<ApiKeyWithSecret>('POST', './apikeys', { body: { displayName: 'short', role: 'admin' } })).body;
  const status = async () => (await apiServer.as(key, 'GET', NAMESPACES)).status;
  expect(await status()).toBe(200);
  expect((await deletes.call('DELETE', `./apikeys/${id}`)).status).toBe(204);
  const deletedMs = performance.now();
  while ((await status()) === 200 && performance.now() - deletedMs < 10_000) await sleep(10);
  expect([401, 403]).toContain(await status());
  return performance.now() - deletedMs;
}

describe.skipIf(!HOST_PROGRAMS)(`a real API server ${NEEDS_KUBERNETES}`, () => {
  let issuer: OidcIssuerUnderTest;
  let server: StartedServer;
  let client: Client;
  let apiServer: AskingApiServer;
  beforeAll(async () => {
    issuer = await startOidcIssuer();
    server = await startServer({ variables: { OPENKUPE_OIDC_ISSUER: issuer.issuer } });
    client = createClient(server);
    apiServer = await startAsking(server, client);
  });
  afterAll(async () => {
    await apiServer?.end();
    await server?.stop();
    await issuer?.stop();
  });
  const keyOf = async (fields: object) =>
    (await client.call<ApiKeyWithSecret>('POST', './apikeys', { body: { displayName: 'k', role: 'admin', ...fields } })).body;
  const create = (token: string, name: string) => apiServer.as(token, 'POST', NAMESPACES, { metadata: { name } });
  const statuses = async (token: string, name: string) => [
    (await apiServer.as(token, 'GET', `${NAMESPACES}/default/pods`)).status,
    (await create(token, name)).status,
  ];

  test('lets an admin do everything and a reader read, by API key and by access token', async () => {
    expect(await statuses(server.apiKey, 'of-admin')).toEqual([200, 201]);
    expect(await statuses((await keyOf({ role: 'readonly' })).key, 'of-reader')).toEqual([200, 403]);
    const person = { email: 'ann@demo.example', email_verified: true };
    expect(await statuses(await issuer.token({ ...person, groups: ['demo-admins'] }), 'of-ann')).toEqual([200, 201]);
    expect(await statuses(await issuer.token({ ...person, groups: ['demo-readonly'] }), 'of-reader')).toEqual([200, 403]);
  });

  test('refuses a token of another tenant, and one that gives no access', async () => {
    const foreign = await issuer.token({ email: 'eve@other.example', email_verified: true, groups: ['other-admins'] });
    const bound = await keyOf({ addressRanges: ['127.0.0.0/8'] });
    const unable = await keyOf({ scopes: ['clusters:read'] });
    for (const token of [foreign, bound.key, unable.key, 'kupe_wrong', server.apiKey.replace(/.$/, '_')])
      expect((await apiServer.as(token, 'GET', NAMESPACES)).status, token.slice(0, 12)).toBe(401);
  });

  test('knows who asks, and that a token is for itself alone', async () => {
    const { id, key } = await keyOf({});
    const self = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const { json } = await apiServer.as(key, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', self);
    const groups = ['kupe:tenant:demo', 'kupe:role:admin', 'system:authenticated'];
    expect(json).toMatchObject({ status: { userInfo: { username: `kupe:key:${id}`, uid: id, groups } } });
    const review = async (audiences: string[]) => {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: key, audiences } };
      const answer = await apiServer.ask('POST', '/apis/authentication.k8s.io/v1/tokenreviews', body);
      return JSON.parse(answer.body).status.authenticated === true;
    };
    expect([await review([]), await review(['https://kubernetes.default.svc']), await review(['vault'])]).toEqual([true, true, false]);
  });

  test('refuses a key within a second of its deletion', async () => {
    expect(await revocationMs(apiServer, client, client)).toBeLessThan(REVOKED_MS);
  });

  test('gives a person whom the tenant has removed no more access, whatever the token says', async () => {
    const email = 'bob@demo.example';
    const token = await issuer.token({ email, email_verified: true, groups: ['demo-admins'] });
    expect((await client.call('POST', './members', { body: { email, role: 'admin' } })).status).toBeLessThan(300);
    expect((await apiServer.as(token, 'GET', NAMESPACES)).status).toBe(200);
    expect((await client.call('DELETE', `./members/${email}`)).status).toBeLessThan(300);
    const removedMs = performance.now();
    while ((await apiServer.as(token, 'GET', NAMESPACES)).status === 200 && performance.now() - removedMs < 10_000) await sleep(10);
    expect(performance.now() - removedMs).toBeLessThan(REVOKED_MS);
  });

  test('goes on while the control plane is down, for whom it knows and for client certificates', async () => {
    const status = async () => (await apiServer.as(server.apiKey, 'GET', NAMESPACES)).status;
    expect(await status()).toBe(200);
    await server.kill();
    try {
      expect([await status(), (await apiServer.ask('GET', NAMESPACES)).status]).toEqual([200, 200]);
      expect((await apiServer.as(`${server.apiKey.slice(0, -1)}_`, 'GET', NAMESPACES)).status).toBe(401);
    } finally {
      const { port } = new URL(server.host);
      const variables = { OPENKUPE_OIDC_ISSUER: issuer.issuer, OPENKUPE_PORT: port };
      server = await startServer({ dataFolder: server.dataFolder, variables });
    }
    expect(await status()).toBe(200);
  });
});

describe.skipIf(!HOST_PROGRAMS || !hasPostgres)(`two processes on one database ${NEEDS_KUBERNETES} ${NEEDS_POSTGRES}`, () => {
  let replicas: Replicas;
  let apiServer: AskingApiServer;
  let asked: Client;
  beforeAll(async () => {
    replicas = await startReplicas({});
    asked = createClient(replicas.first);
    apiServer = await startAsking(replicas.first, asked);
  });
  afterAll(async () => {
    await apiServer?.end();
    await replicas?.stop();
  });

  test('a key that one deletes is refused within a second by a cluster that asks the other', async () => {
    const other = createClient({ ...replicas.first, host: (await replicas.add()).host });
    expect(await revocationMs(apiServer, other, other)).toBeLessThan(REVOKED_MS);
  });
});
