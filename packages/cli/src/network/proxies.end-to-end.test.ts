import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programOnPath } from '@openkupe/contract/testing/program-on-path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { issueCertificate } from '../../../sdk/src/testing/issue-certificate.ts';
import { PLANS, TENANT } from '../testing/fixtures.ts';
import { type KupeDouble, startKupeDouble } from '../testing/kupe-double.ts';
import { type OidcProviderUnderTest, startOidcProvider } from '../testing/oidc-provider.ts';
import { environmentFor, runCli } from '../testing/run-cli.ts';

const tinyproxy = programOnPath('tinyproxy');
const folder = mkdtempSync(join(tmpdir(), 'openkupe-proxy-'));
const log = join(folder, 'log');
let proxy: ChildProcess | undefined;
let address = '';
let double: KupeDouble;
let issuer: OidcProviderUnderTest;
let secure: https.Server;
let secureHost = '';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

beforeAll(async () => {
  double = await startKupeDouble();
  issuer = await startOidcProvider();
  const { ca, cert, key } = await issueCertificate();
  writeFileSync(join(folder, 'ca.pem'), ca);
  secure = https.createServer({ cert, key }, (request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.url?.startsWith('/api/v1/plans') ? { items: PLANS } : TENANT));
  });
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  secureHost = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
  if (!tinyproxy) return;
  const port = await freePort();
  address = `http://robot:top-secret@127.0.0.1:${port}`;
  const lines = [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Allow 127.0.0.1',
    'BasicAuth robot top-secret',
    `LogFile "${log}"`,
    'LogLevel Connect',
  ];
  writeFileSync(join(folder, 'conf'), `${lines.join('\n')}\n`);
  writeFileSync(log, '', { mode: 0o666 });
  proxy = spawn(tinyproxy, ['-d', '-c', join(folder, 'conf')], { stdio: 'ignore' });
  await vi.waitFor(async () => expect(await answers(port)).toBe(true), { timeout: 5_000 });
});

afterAll(async () => {
  proxy?.kill();
  secure.closeAllConnections();
  secure.close();
  await issuer.stop();
  await double.close();
  rmSync(folder, { recursive: true, force: true });
});

const proxied = () => readFileSync(log, 'utf8');

describe.skipIf(!tinyproxy)('through tinyproxy (needs the program of that name)', () => {
  test.each(['HTTP_PROXY', 'http_proxy'])('http goes in absolute-form (%s)', async (name) => {
    const before = proxied().length;
    const { exit, err } = await runCli('cluster list -o name', { env: { ...environmentFor(double), [name]: address } });
    expect([exit, err]).toEqual([0, '']);
    expect(proxied().slice(before)).toContain(`GET ${double.host}/api/v1/tenants/acme/clusters HTTP/1.1`);
  });

  test.each(['HTTPS_PROXY', 'https_proxy'])(
    'https is tunnelled, and the CA of --ca-file and KUPE_CA_FILE is trusted (%s)',
    async (name) => {
      const before = proxied().length;
      const env = { ...environmentFor({ host: secureHost }), [name]: address };
      const byFlag = await runCli(`tenant get -o name --ca-file ${join(folder, 'ca.pem')}`, { env });
      expect([byFlag.exit, byFlag.err]).toEqual([0, '']);
      expect((await runCli('plan list -o name', { env: { ...env, KUPE_CA_FILE: join(folder, 'ca.pem') } })).exit).toBe(0);
      expect(proxied().slice(before)).toContain(`CONNECT ${new URL(secureHost).host} HTTP/1.1`);
      expect((await runCli('tenant get', { env })).exit).toBe(7);
    },
  );

  test('not where NO_PROXY names the host', async () => {
    const before = proxied().length;
    const env = { ...environmentFor(double), HTTP_PROXY: address, NO_PROXY: '127.0.0.0/8' };
    expect((await runCli('cluster list', { env })).exit).toBe(0);
    expect(proxied().slice(before)).toBe('');
  });

  test('the issuer is reached through it, too', async () => {
    const before = proxied().length;
    const env = { ...environmentFor(double), KUPE_API_KEY: '', HTTP_PROXY: address };
    const homeFolder = mkdtempSync(join(folder, 'home-'));
    await runCli(`auth login --issuer ${issuer.issuer} -o json`, {
      env,
      homeFolder,
      during: (io) => setTimeout(() => io.send('SIGINT'), 1_500),
    });
    expect(proxied().slice(before)).toContain(`GET ${issuer.issuer}/.well-known/openid-configuration HTTP/1.1`);
  });

  test('a wrong password is told, and neither it nor the user is repeated', async () => {
    const env = { ...environmentFor({ host: secureHost }), HTTPS_PROXY: address.replace('top-secret', 'wrong-secret') };
    const { exit, out, err } = await runCli(`tenant get -o json --ca-file ${join(folder, 'ca.pem')}`, { env });
    expect([exit, out]).toEqual([7, '']);
    expect(err).toMatch(/proxy/i);
    expect(err).not.toMatch(/robot|wrong-secret/);
  });
});

describe('--ca-file', () => {
  test.each([
    ['/nonexistent/ca.pem', 'cannot be read (ENOENT)'],
    [import.meta.filename, 'holds no certificate in PEM'],
  ])('%s is misuse', async (path, sentence) => {
    const { exit, err } = await runCli(`plan list --ca-file ${path}`, { env: environmentFor(double) });
    expect([exit, err]).toEqual([2, expect.stringContaining(sentence)]);
  });

  test('leaves the usual CAs trusted', async () => {
    const { createNetwork } = await import('./network.ts');
    const transport = await createNetwork({}, join(folder, 'ca.pem')).transportTo(secureHost);
    const request = { method: 'GET', url: `${secureHost}/api/v1/plans`, headers: {}, isRepeatable: true } as const;
    expect((await transport.send({ ...request, signal: new AbortController().signal })).status).toBe(200);
    transport.close?.();
  });
});
