import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../../../conformance/free-port.ts';
import { hasValkey, NEEDS_VALKEY, startValkey, type ValkeyServer } from '../../../../../conformance/valkey-server.ts';
import { createAuthority, issueServerCertificate } from '../../engines/x509/certificates.ts';
import { scratchFolder } from '../../store/testing/scratch-folder.ts';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

const PASSWORD = 'of valkey';

let valkey: ValkeyServer;
let servers: InProcess[] = [];
beforeEach(async () => {
  if (hasValkey) valkey = await startValkey(['--requirepass', PASSWORD]);
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  servers = [];
  await valkey?.kill();
});

/** Two servers with the same secrets. Their clocks stand still, that of the store does not. */
async function start(variables: Record<string, string> = {}) {
  const url = `redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${valkey.port}/1`;
  const limits = { OPENKUPE_RATE_LIMIT_PER_SECOND: '0.1', OPENKUPE_RATE_LIMIT_BURST: '10' };
  for (let at = 0; at < 2; at += 1) servers.push(await startInProcess({ OPENKUPE_VALKEY_URL: url, ...limits, ...variables }));
  return servers as [InProcess, InProcess];
}

const get = (server: InProcess | undefined, path: string) => server?.send({ method: 'GET', path }) ?? Promise.reject(new Error('none'));

describe.skipIf(!hasValkey)(`two servers that share the limit of an address ${NEEDS_VALKEY}`, () => {
  it('serve the burst together, refuse what is over it, and show what is left', async () => {
    const [one, other] = await start();
    const statuses: number[] = [];
    for (let at = 0; at < 9; at += 1) statuses.push((await get(servers[at % 2], `/api/v1/tenants/demo/secrets/${at}`)).status);
    expect(statuses).not.toContain(429);
    expect((await get(other, '/api/v1/tenants/demo/limits')).json.items[0]).toMatchObject({ quota: 10, remaining: 1 });
    expect((await get(one, '/explorer')).status).not.toBe(429);
    const refused = await get(other, '/api/v1/tenants/demo/secrets/x');
    expect([refused.status, refused.headers['retry-advice']]).toEqual([429, expect.stringContaining('slot=reserved')]);
    for (const path of ['/openapi.json', '/api/v1/tenants/demo/secrets/y']) expect((await get(one, path)).status).toBe(429);
  });

  it('count what the store leaves unanswered, and enforce their shares', async () => {
    const [one] = await start();
    await valkey.kill();
    await get(one, '/api/v1/tenants/demo/secrets/0');
    const { items } = (await get(one, '/api/v1/tenants/demo/limits')).json;
    expect([10, 5]).toContain(items[0].quota);
    expect(items[0].remaining).toBeLessThan(10);
  });

  it('reach it by TLS with a certificate of the named CA alone, and take the password from its file', async () => {
    await valkey.kill();
    const folder = scratchFolder();
    const now = systemClock.now();
    const authority = createAuthority('test', now, systemRandom);
    const { certificatePem, privateKeyPem } = issueServerCertificate(authority, ['127.0.0.1'], now, systemRandom);
    const files = {
      'server.crt': certificatePem,
      'server.key': privateKeyPem,
      'ca.crt': authority.certificatePem,
      password: `${PASSWORD}\n`,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const tlsPort = await freePort();
    const shown = ['--tls-cert-file', join(folder, 'server.crt'), '--tls-key-file', join(folder, 'server.key'), '--tls-auth-clients', 'no'];
    valkey = await startValkey(['--requirepass', PASSWORD, '--tls-port', `${tlsPort}`, ...shown]);
    const variables = { OPENKUPE_VALKEY_URL: `rediss://127.0.0.1:${tlsPort}`, OPENKUPE_VALKEY_PASSWORD_FILE: join(folder, 'password') };
    const [trusting] = await start({ ...variables, OPENKUPE_VALKEY_CA_FILE: join(folder, 'ca.crt') });
    const quotaOf = async (server: InProcess | undefined) => (await get(server, '/api/v1/tenants/demo/limits')).json.items[0].quota;
    expect(await quotaOf(trusting)).toBe(10);
    await start(variables);
    expect(await quotaOf(servers[2])).toBe(5);
  });
});
