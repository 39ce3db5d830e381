import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import type { ClusterEngine } from '../../engines/engine.ts';
import { createAuthority, issueCertificate } from '../../engines/x509/certificates.ts';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';
import { startOidcIssuer } from '../../testing/oidc-issuer.ts';

const CLUSTERS = '/api/v1/tenants/demo/clusters';
const PATH = `${CLUSTERS}/one/client-certificate`;
const KEYS = '/api/v1/tenants/demo/apikeys';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.send({ method: 'POST', path: CLUSTERS, body: { name: 'one' } });
});
afterEach(() => server.stop());

let issuedCount = 0;
/** The sandbox, as an engine that issues certificates of a CA. */
function issuing(): ClusterEngine {
  issuedCount = 0;
  const { engine } = server.plane.ports;
  const authority = createAuthority('test', server.clock.now(), server.random);
  return {
    ...engine,
    certificateIssuer:
      async () =>
      ({ user, groups, endsAt }) => {
        issuedCount += 1;
        const wanted = { commonName: user, organizations: groups, usages: ['client'], endsAt } as const;
        return issueCertificate(authority, wanted, server.clock.now(), server.random);
      },
  };
}
const ask = (body: object = {}, key = server.adminKey, path = PATH) =>
  server.sendWith({ engine: issuing() }, { method: 'POST', path, body, key });
const read = (base64: string) => new X509Certificate(Buffer.from(base64, 'base64'));
const lifeMs = ({ expiresAt }: { expiresAt: string }) => Date.parse(expiresAt) - server.clock.now();

it('is of the user and the groups that the token of the caller has in the cluster', async () => {
  const { id, key } = (await server.send({ method: 'POST', path: KEYS, body: { displayName: 'ci', role: 'readonly' } })).json;
  const { status, json } = await ask({}, key);
  expect([status, read(json.certificate).subject, lifeMs(json)]).toEqual([
    201,
    `O=kupe:tenant:demo\nO=kupe:role:readonly\nCN=kupe:key:${id}`,
    3_600_000,
  ]);
  expect(Date.parse(read(json.certificate).validTo)).toBe(Date.parse(json.expiresAt));
  expect(Buffer.from(json.privateKey, 'base64').toString()).toContain('PRIVATE KEY');
});

it('lives as long as was asked for, and no longer than the key that asks', async () => {
  expect(lifeMs((await ask({ lifetimeSeconds: 600 })).json)).toBe(600_000);
  const expiresAt = new Date(server.clock.now() + 1_000_000).toISOString().replace('.000', '');
  expect((await ask({}, await server.makeKey('admin', { expiresAt }))).json.expiresAt).toBe(expiresAt);
  for (const lifetimeSeconds of [0, 599, 86_401, 1.5, '1h']) expect((await ask({ lifetimeSeconds })).status).toBe(400);
});

it('lives for an hour at most where a person asks, whose issuer may withdraw the role meanwhile', async () => {
  const issuer = await startOidcIssuer();
  onTestFinished(() => issuer.stop());
  await server.stop();
  server = await startInProcess({ OPENKUPE_OIDC_ISSUER: issuer.issuer });
  await server.clock.advance(Math.trunc(Date.now() / 1_000) * 1_000 - server.clock.now());
  const token = await issuer.token({ email: 'ann@demo.example', email_verified: true, groups: ['demo-admins'] });
  await server.send({ method: 'POST', path: CLUSTERS, body: { name: 'one' } });
  const { json } = await ask({ lifetimeSeconds: 86_400 }, token);
  expect(read(json.certificate).subject).toBe('O=kupe:tenant:demo\nO=kupe:role:admin\nCN=kupe:user:ann@demo.example');
  expect(lifeMs(json)).toBe(3_600_000);
  expect(lifeMs((await ask({ lifetimeSeconds: 600 }, token)).json)).toBe(600_000);
});

it.each([
  ['deleted', (path: string) => server.send({ method: 'DELETE', path })],
  ['replaced', (path: string) => server.send({ method: 'POST', path: `${path}/rotate`, body: { overlapSeconds: 0 } })],
])('is refused to a key that was %s since it was verified', async (_, end) => {
  const { id, key } = (await server.send({ method: 'POST', path: KEYS, body: { displayName: 'ci', role: 'admin' } })).json;
  const engine = issuing();
  const ended: ClusterEngine = {
    ...engine,
    async certificateIssuer(ref) {
      await end(`${KEYS}/${id}`);
      return (await engine.certificateIssuer?.(ref)) ?? 'not-supported';
    },
  };
  const { status } = await server.sendWith({ engine: ended }, { method: 'POST', path: PATH, body: {}, key });
  expect([status, issuedCount]).toEqual([401, 0]);
});

it('is in the audit, without the key', async () => {
  const { json } = await ask();
  const audit = (await server.send({ method: 'GET', path: '/api/v1/tenants/demo/audit' })).json;
  expect(audit.items[0]).toMatchObject({ action: 'clusters.client-certificate', target: 'clusters/one' });
  expect(JSON.stringify(audit)).not.toContain(json.privateKey);
});

it('is not made for a validation, nor named in the answer or the audit', async () => {
  const { status, json } = await ask({}, server.adminKey, `${PATH}?validateOnly=true`);
  expect([status, json.certificate, json.privateKey, lifeMs(json), issuedCount]).toEqual([201, '', '', 3_600_000, 0]);
  const audit = (await server.send({ method: 'GET', path: '/api/v1/tenants/demo/audit' })).json;
  expect(audit.items[0].action).toBe('clusters.create');
});

it('needs the scope that connects, and a cluster', async () => {
  const body = { displayName: 'ci', role: 'admin', scopes: ['clusters:read'] };
  const { key } = (await server.send({ method: 'POST', path: KEYS, body })).json;
  expect((await ask({}, key)).status).toBe(403);
  expect((await ask({}, server.adminKey, `${CLUSTERS}/two/client-certificate`)).status).toBe(404);
});

it('is 409 where the engine issues none, and 503 before the cluster is ready', async () => {
  const { status, headers } = await server.send({ method: 'POST', path: PATH, body: {} });
  expect([status, headers['error-code']]).toEqual([409, 'no-client-certificates']);
  const engine = { ...server.plane.ports.engine, certificateIssuer: async () => 'not-ready' as const };
  expect((await server.sendWith({ engine }, { method: 'POST', path: PATH, body: {} })).status).toBe(503);
});
