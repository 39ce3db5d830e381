import { execFile, spawnSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import https from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { promisify } from 'node:util';
import { programOnPath } from '@openkupe/contract/testing/program-on-path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { launchServer, type ServerProcess } from '../start-server.ts';

const openssl = programOnPath('openssl') ?? '';
const curl = programOnPath('curl') ?? '';
const isOwn = !process.env.KUPE_HOST;
const RENEWAL = { timeout: 15_000, interval: 50 };

let folder: string;
let port: number;
let server: ServerProcess;
const path = (name: string) => join(folder, name);
const run = promisify(execFile);

/** A certificate for 127.0.0.1 that signs itself, and its key: NAME.crt and NAME.key. */
function issue(name: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path(`${name}.key`)];
  const { status, stderr } = spawnSync(
    openssl,
    ['req', '-x509', ...key, '-out', path(`${name}.crt`), '-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
}

async function start(variables: Record<string, string> = {}): Promise<{ port: number; server: ServerProcess }> {
  const data = await mkdtemp(join(folder, 'data-'));
  const flags = ['--port', '0', '--data', data, '--tls-cert', path('live.crt'), '--tls-key', path('live.key'), '--no-first-tenant'];
  const started = launchServer(flags, { OPENKUPE_LOG_LEVEL: 'info', ...variables });
  await expect.poll(() => started.output.stdout + started.output.stderr, { timeout: 30_000, interval: 20 }).toMatch(/https:\S+:\d+/);
  return { port: Number(/https:\S+?:(\d+)/.exec(started.output.stdout)?.[1]), server: started };
}

/** The subject of the certificate that a new connection is shown. */
async function shown(): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const { subject } = socket.getPeerCertificate() as PeerCertificate;
  socket.destroy();
  return String(subject.CN);
}

const protocolWith = async (version: string) => {
  const client = promisify(execFile)(openssl, ['s_client', '-connect', `127.0.0.1:${port}`, version, '-cipher', 'ALL:@SECLEVEL=0']);
  client.child.stdin?.end();
  const { stdout } = await client.catch((error: { stdout: string }) => error);
  return /Cipher is (\S+)/.exec(stdout)?.[1];
};

describe.skipIf(!openssl || !curl || !isOwn)('HTTPS of its own (needs openssl and curl on the PATH, and a server of its own)', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openkupe-tls-'));
    for (const name of ['live', 'other', 'second']) issue(name);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('curl trusts the certificate; TLS 1.2 and 1.3 are spoken, and nothing older, and no plain HTTP', async () => {
    ({ port, server } = await start());
    onTestFinished(async () => {
      server.signal('SIGTERM');
      expect(await server.ended).toMatchObject({ code: 0 });
    });
    const health = await run(curl, ['-s', '--cacert', path('live.crt'), `https://127.0.0.1:${port}/healthz`]);
    expect(JSON.parse(health.stdout)).toMatchObject({ status: 'ok' });
    expect(await protocolWith('-tls1_1')).toBe('(NONE)');
    expect(await protocolWith('-tls1_2')).toMatch(/^ECDHE/);
    expect(await protocolWith('-tls1_3')).toMatch(/^TLS_/);
    await expect(run(curl, ['-s', `http://127.0.0.1:${port}/healthz`])).rejects.toThrow();
  });

  test('a renewed certificate is taken on, and connections that are open go on; a wrong one changes nothing', async () => {
    for (const name of ['live', 'next']) issue(name);
    ({ port, server } = await start());
    onTestFinished(async () => {
      server.signal('SIGTERM');
      await server.ended;
    });
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    onTestFinished(() => agent.destroy());
    const ask = () =>
      new Promise<unknown>((resolve, reject) => {
        const request = https.get({ agent, host: '127.0.0.1', port, path: '/healthz' }, (response) => {
          response.resume().once('end', () => resolve([response.statusCode, request.reusedSocket]));
        });
        request.once('error', reject);
      });
    expect(await ask()).toEqual([200, false]);
    expect(await shown()).toBe('live');
    renameSync(path('next.key'), path('live.key'));
    await expect.poll(() => server.output.stderr, RENEWAL).toContain('is not that of the certificate');
    expect(await shown()).toBe('live');
    renameSync(path('next.crt'), path('live.crt'));
    await expect.poll(shown, RENEWAL).toBe('next');
    expect(await ask()).toEqual([200, true]);
  });

  test('connections that begin no handshake count in the limits, make room for those that do, and keep no server from stopping', async () => {
    ({ port, server } = await start({ OPENKUPE_CONNECTIONS_PER_ADDRESS: '3', OPENKUPE_CONNECTIONS: '4' }));
    const silent = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
        await new Promise((resolve) => socket.once('connect', resolve));
        return socket;
      }),
    );
    onTestFinished(() => silent.forEach((socket) => void socket.destroy()));
    await expect.poll(() => silent.filter(({ closed }) => closed).length, RENEWAL).toBe(1);
    const from = (localAddress: string) =>
      run(curl, ['-sk', '--interface', localAddress, '-w', '%{http_code}', '-o', '/dev/null', `https://127.0.0.1:${port}/healthz`]);
    expect((await from('127.0.0.2')).stdout).toBe('200');
    expect((await from('127.0.0.3')).stdout).toBe('200');
    server.signal('SIGTERM');
    const stopped = await Promise.race([server.ended, pause(8_000, 'is still there')]);
    expect(stopped).toMatchObject({ code: 0 });
  });

  test.each([
    [['--tls-cert', 'other.crt'], 2, '--tls-cert and --tls-key (OPENKUPE_TLS_CERT, OPENKUPE_TLS_KEY) belong together; give both or none'],
    [
      ['--tls-cert', 'other.crt', '--tls-key', 'second.crt'],
      1,
      'second.crt" of --tls-key holds no private key as PEM without a passphrase',
    ],
    [['--tls-cert', 'other.key', '--tls-key', 'other.key'], 1, 'other.key" of --tls-cert holds no certificate as PEM'],
    [['--tls-cert', 'other.crt', '--tls-key', 'none.key'], 1, 'none.key" of --tls-key cannot be read (ENOENT); let the user'],
  ])('a start with %j ends with %i and a sentence', async (flags, code, sentence) => {
    const given = flags.map((text) => (text.startsWith('--') ? text : path(text)));
    const failed = launchServer(['--port', '0', '--data', path('never'), ...given]);
    expect(await failed.ended).toMatchObject({ code });
    expect(failed.output.stderr).toContain(sentence);
  });
});
