import { rm } from 'node:fs/promises';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiKeyWithSecret, ClientCertificate, Cluster, ConnectionDetails } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, createClient } from '../client.ts';
import { NEEDS_KUBERNETES, programsOf } from '../kubernetes/programs.ts';
import { type StartedServer, startServer } from '../start-server.ts';

const PROGRAMS = programsOf('l1', 'v135');
const START_MS = 120_000;
/** The API server keeps the answer about access for a second; the rest is for a machine that has much to do. */
const REVOKED_MS = 1_000 + 500;
const NAMESPACES = '/api/v1/namespaces';
const pem = (base64: string) => Buffer.from(base64, 'base64').toString();

describe.skipIf(!PROGRAMS)(`a client certificate of a real cluster ${NEEDS_KUBERNETES}`, () => {
  let server: StartedServer;
  let admin: Client;
  let connection: ConnectionDetails;
  beforeAll(async () => {
    server = await startServer({ variables: { OPENKUPE_ENGINE: 'local', OPENKUPE_KUBERNETES_PROGRAMS: PROGRAMS ?? '' } });
    admin = createClient(server);
    await admin.call('POST', './clusters', { body: { name: 'web' } });
    const phase = async () => (await admin.call<Cluster>('GET', './clusters/web')).body.status.phase;
    while ((await phase()) !== 'Running') await sleep(100);
    connection = (await admin.call<ConnectionDetails>('GET', './clusters/web/kubeconfig')).body;
  }, START_MS);
  afterAll(async () => {
    await server?.stop();
    if (server) await rm(server.dataFolder, { recursive: true, force: true });
  });

  const makeKey = async (role: string) =>
    (await admin.call<ApiKeyWithSecret>('POST', './apikeys', { body: { displayName: 'c', role } })).body;
  const issue = async (apiKey: string) =>
    (await createClient({ ...server, apiKey }).call<ClientCertificate>('POST', './clusters/web/client-certificate', { body: {} })).body;
  /** What kubectl does with the certificate. */
  const send = ({ certificate, privateKey }: ClientCertificate, method: string, path: string, body?: object) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const tls = { ca: pem(connection.certificateAuthority), cert: pem(certificate), key: pem(privateKey), agent: false };
      const headers = { 'content-type': 'application/json' };
      const sent = request(new URL(path, connection.endpoint), { method, headers, ...tls }, async (response) => {
        let text = '';
        for await (const piece of response.setEncoding('utf8')) text += piece;
        resolve({ status: response.statusCode ?? 0, text });
      });
      sent.once('error', reject).end(body && JSON.stringify(body));
    });

  it('is of the same user and groups as the token, and has the rights of the role', async () => {
    const { id, key } = await makeKey('readonly');
    const certificate = await issue(key);
    const self = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const review = await send(certificate, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', self);
    const groups = ['kupe:tenant:demo', 'kupe:role:readonly', 'system:authenticated'];
    expect(JSON.parse(review.text).status.userInfo).toMatchObject({ username: `kupe:key:${id}`, groups });
    const statusOf = async (method: string, path: string, body?: object) => (await send(certificate, method, path, body)).status;
    expect(await statusOf('GET', '/api/v1/namespaces/default/pods')).toBe(200);
    const create = { metadata: { generateName: 'made-' } };
    expect(await statusOf('POST', NAMESPACES, create)).toBe(403);
    expect((await send(await issue((await makeKey('admin')).key), 'POST', NAMESPACES, create)).status).toBe(201);
  });

  it('is refused within a second of the deletion of the key that asked for it', async () => {
    const { id, key } = await makeKey('admin');
    const certificate = await issue(key);
    const status = async () => (await send(certificate, 'GET', NAMESPACES)).status;
    expect(await status()).toBe(200);
    expect((await admin.call('DELETE', `./apikeys/${id}`)).status).toBe(204);
    const deletedMs = performance.now();
    while ((await status()) === 200 && performance.now() - deletedMs < 10_000) await sleep(10);
    expect(performance.now() - deletedMs).toBeLessThan(REVOKED_MS);
    expect(await status()).toBe(403);
  });
});
