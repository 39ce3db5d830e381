import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemRandom } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getOverTls } from '../testing/get-over-tls.ts';
import { createAuthority, issueServerCertificate } from '../x509/certificates.ts';
import { openApiServer } from './api-server.ts';
import type { TlsListener } from './tls-listener.ts';

const run = promisify(execFile);
/** Whether a client is on this machine: these tests are about what real clients accept, so there is nothing to stand in for them. */
const has = (command: string) =>
  run('which', [command]).then(
    () => true,
    () => false,
  );
const clients = { curl: await has('curl'), kubectl: await has('kubectl'), openssl: await has('openssl') };

describe('the TLS endpoint of a sandbox cluster', () => {
  let folder: string;
  let server: TlsListener;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'api-server-'));
    const authority = createAuthority('cluster u', Date.now(), systemRandom);
    const certificate = issueServerCertificate(authority, ['production.acme.localhost'], Date.now(), systemRandom);
    const state = () => ({ version: 'v1.32.3', isHealthy: true, createdAt: 0 });
    server = await openApiServer({ port: 0, certificate: () => certificate, state });
    await writeFile(join(folder, 'ca.pem'), authority.certificatePem);
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  it.runIf(clients.curl)('is accepted by curl, by address and by name', async () => {
    const ca = join(folder, 'ca.pem');
    const byAddress = await run('curl', ['-sS', '--cacert', ca, `https://127.0.0.1:${server.port}/readyz`]);
    expect(byAddress.stdout).toBe('ok');
    const name = 'production.acme.localhost';
    const resolve = ['--resolve', `${name}:${server.port}:127.0.0.1`];
    const byName = await run('curl', ['-sS', '--cacert', ca, ...resolve, `https://${name}:${server.port}/readyz`]);
    expect(byName.stdout).toBe('ok');
  });

  it.runIf(clients.kubectl)('is accepted by kubectl', async () => {
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${server.port}`, 'certificate-authority': join(folder, 'ca.pem') } }],
      users: [{ name: 'u', user: { token: 'none' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    const path = join(folder, 'kubeconfig');
    await writeFile(path, JSON.stringify(kubeconfig), { mode: 0o600 });
    const { stdout } = await run('kubectl', ['--kubeconfig', path, 'version', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ serverVersion: { gitVersion: 'v1.32.3', major: '1', minor: '32' } });
  });

  it.runIf(clients.openssl)('shows certificates that pass the strict checks of OpenSSL', async () => {
    const args = [
      's_client',
      '-x509_strict',
      '-verify_return_error',
      '-CAfile',
      join(folder, 'ca.pem'),
      '-connect',
      `127.0.0.1:${server.port}`,
    ];
    const child = run('openssl', args);
    child.child.stdin?.end();
    expect((await child).stdout).toContain('Verify return code: 0 (ok)');
  });

  it('ends connections above its bound', async () => {
    const sockets: Socket[] = [];
    const opened = await Promise.all(
      Array.from({ length: 65 }, () => {
        const socket = connect(server.port, '127.0.0.1');
        sockets.push(socket);
        return new Promise<'open' | 'ended'>((resolve) => {
          socket.on('error', () => resolve('ended'));
          socket.on('close', () => resolve('ended'));
          socket.on('connect', () => setTimeout(() => resolve('open'), 300));
        });
      }),
    );
    for (const socket of sockets) socket.destroy();
    expect(opened.filter((state) => state === 'open')).toHaveLength(64);
  });

  it('has its certificate issued once, by the first connections', async () => {
    let issued = 0;
    const authority = createAuthority('cluster v', Date.now(), systemRandom);
    const lazy = await openApiServer({
      port: 0,
      state: () => ({ version: '', isHealthy: true, createdAt: 0 }),
      certificate() {
        issued += 1;
        return issueServerCertificate(authority, [], Date.now(), systemRandom);
      },
    });
    try {
      expect(issued).toBe(0);
      const get = () => getOverTls(`https://127.0.0.1:${lazy.port}`, authority.certificatePem, '/readyz');
      const answers = await Promise.all([get(), get(), get()]);
      expect([...answers, await get()].map(({ body }) => body)).toEqual(['ok', 'ok', 'ok', 'ok']);
      expect(issued).toBe(1);
    } finally {
      await lazy.close();
    }
  });

  it('tries again for the next connection where no certificate could be issued', async () => {
    const authority = createAuthority('cluster w', Date.now(), systemRandom);
    let failures = 1;
    const lazy = await openApiServer({
      port: 0,
      state: () => ({ version: '', isHealthy: true, createdAt: 0 }),
      certificate() {
        if (failures-- > 0) throw new Error('no');
        return issueServerCertificate(authority, [], Date.now(), systemRandom);
      },
    });
    const get = () => getOverTls(`https://127.0.0.1:${lazy.port}`, authority.certificatePem, '/readyz');
    try {
      await expect(get()).rejects.toThrow();
      expect((await get()).body).toBe('ok');
    } finally {
      await lazy.close();
    }
  });
});
