import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { systemClock } from '@openkupe/contract';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { afterEach, expect, it } from 'vitest';
import { createAuthority, issueServerCertificate } from '../engines/x509/certificates.ts';
import { createTrustedProxies } from './client-address/trusted-proxies.ts';
import { expectProxyHeaders, isWithoutClient } from './proxy-protocol/proxy-protocol.ts';
import { createTlsServer } from './tls.ts';

const V1 = Buffer.from('PROXY TCP4 198.51.100.7 203.0.113.1 4711 443\r\n');
const V1_UNKNOWN = Buffer.from('PROXY UNKNOWN\r\n');

const closing: (() => unknown)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

const sayWho: RequestListener = ({ socket }, response) => {
  response.end(`from ${socket.remoteAddress}${isWithoutClient(socket) ? ' for itself' : ''}`);
};

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** An HTTPS server that takes PROXY headers from 127.0.0.1. */
async function start(): Promise<number> {
  const random = createSeededRandom(1);
  const now = systemClock.now();
  const { certificatePem, privateKeyPem, endsAt } = issueServerCertificate(createAuthority('a', now, random), ['localhost'], now, random);
  const { server } = createTlsServer({ cert: certificatePem, key: privateKeyPem, endsAtMs: endsAt }, {}, sayWho);
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  expectProxyHeaders(server, { trustedProxies: createTrustedProxies(['127.0.0.0/8']), clock: systemClock, log });
  closing.push(() => server.close().closeAllConnections());
  return listening(server);
}

/** A proxy that writes `header` and the first packet of the client in pieces that end at `cuts`. */
async function startProxy(port: number, header: Buffer, cuts: readonly number[]): Promise<number> {
  const proxy = createServer((client: Socket) => {
    const server = connect({ port, host: '127.0.0.1', noDelay: true });
    for (const socket of [client, server]) socket.on('error', () => {});
    client.once('data', async (hello: Buffer) => {
      client.pause();
      const whole = Buffer.concat([header, hello]);
      const ends = [...cuts, whole.length];
      for (const [index, end] of ends.entries())
        await new Promise<unknown>((resolve) => server.write(whole.subarray(ends[index - 1] ?? 0, end), () => setImmediate(resolve)));
      client.pipe(server);
    });
    server.pipe(client);
  });
  closing.push(() => proxy.close());
  return listening(proxy);
}

async function ask(port: number): Promise<string> {
  const agent = new https.Agent({ rejectUnauthorized: false });
  const request = https.get({ agent, host: '127.0.0.1', port });
  const [response] = await once(request, 'response');
  const text = (await response.toArray()).join('');
  agent.destroy();
  return text;
}

it.each([
  ['in one packet with the handshake', []],
  ['in a packet before the handshake', [V1.length]],
  ['and the handshake in pieces', [5, V1.length + 1, V1.length + 40]],
])('a PROXY header %s names the client of a connection with TLS', async (_name, cuts) => {
  expect(await ask(await startProxy(await start(), V1, cuts))).toBe('from 198.51.100.7');
});

it('a PROXY header that names no client says so of a connection with TLS, whose forwarding headers a client may have written then', async () => {
  expect(await ask(await startProxy(await start(), V1_UNKNOWN, []))).toBe('from 127.0.0.1 for itself');
});

it('TLS without a PROXY header from a trusted proxy is closed', async () => {
  const socket = connectTls({ port: await start(), host: '127.0.0.1', rejectUnauthorized: false });
  await expect(once(socket, 'secureConnect')).rejects.toThrow();
});
