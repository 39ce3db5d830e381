import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { createClient } from '../client.ts';
import { expectRefusal } from '../expect-refusal.ts';
import { hasHaproxy, startHaproxy } from '../haproxy.ts';
import { rawExchange } from '../raw-exchange.ts';
import { isExistingServer, ownServer, testOfOwnServer } from '../server-under-test.ts';
import { startServer } from '../start-server.ts';

/** Where haproxy calls the server from. */
const PROXY = '127.0.0.99';
const BURST = 5;
const LIMITS = { OPENKUPE_RATE_LIMIT_PER_SECOND: '0.1', OPENKUPE_RATE_LIMIT_BURST: String(BURST) };
const behind = (variables: Readonly<Record<string, string>>) => ({
  variables: { ...LIMITS, OPENKUPE_TRUSTED_PROXIES: PROXY, ...variables },
});
const proxyProtocol = ownServer(behind({ OPENKUPE_PROXY_PROTOCOL: 'on' }));
const xForwardedFor = ownServer(behind({}));
const forwarded = ownServer(behind({ OPENKUPE_FORWARDING_HEADER: 'forwarded' }));

/** Asks for the plans, which needs no key, from a local address. */
const ask = (host: string, from: string, headers: Readonly<Record<string, string>> = {}) =>
  createClient({ host, tenant: '', apiKey: '', from }).call('GET', '/api/v1/plans', { key: null, headers });

async function exhaust(host: string, from: string): Promise<void> {
  for (let request = 0; request < BURST; request += 1) expect((await ask(host, from)).status).toBe(200);
  expectRefusal(await ask(host, from), 429);
}

describe.skipIf(!hasHaproxy)('behind haproxy (needs haproxy on the PATH)', () => {
  let proxy: Awaited<ReturnType<typeof startHaproxy>>;
  const [v1 = 0, v2 = 1, writesXff = 2, writesForwarded = 3] = [];
  const url = (at: number) => proxy.urls[at] ?? '';

  beforeAll(async () => {
    if (isExistingServer) return;
    proxy = await startHaproxy([
      { mode: 'tcp', target: proxyProtocol.host, from: PROXY, serverOptions: 'send-proxy check inter 100 fall 1' },
      {
        mode: 'tcp',
        target: proxyProtocol.host,
        from: PROXY,
        serverOptions: 'send-proxy-v2 check inter 100 fall 1',
        lines: ['option httpchk GET /readyz'],
      },
      { mode: 'http', target: xForwardedFor.host, from: PROXY, lines: ['option forwardfor'] },
      { mode: 'http', target: forwarded.host, from: PROXY, lines: ['http-request set-header Forwarded for=%[src]'] },
    ]);
  });
  afterAll(() => proxy?.stop());

  testOfOwnServer('S17: PROXY protocol 1 and 2: a client is the same through both, and another one is another', async () => {
    await exhaust(url(v1), '127.0.0.2');
    expectRefusal(await ask(url(v2), '127.0.0.2'), 429);
    expect((await ask(url(v1), '127.0.0.3')).status).toBe(200);
    await exhaust(url(v2), '127.0.0.4');
    expectRefusal(await ask(url(v1), '127.0.0.4'), 429);
  });

  testOfOwnServer('PROXY protocol: the checks of the proxy itself are answered, and use up nothing of a client', async () => {
    const { output } = proxyProtocol.started.process;
    const before = output.stderr.length;
    await sleep(1_000);
    expect((await ask(url(v2), '127.0.0.5')).status).toBe(200);
    expect(output.stderr.slice(before)).not.toContain('no PROXY header');
  });

  testOfOwnServer('PROXY protocol: many requests on a kept connection are those of its client, errors of the parser included', async () => {
    const kept = `GET /api/v1/plans HTTP/1.1\r\nHost: a\r\n\r\n`;
    const last = await rawExchange({ host: url(v1), from: '127.0.0.6', send: ['GARBAGE\r\n\r\n'] });
    expectRefusal(last, 400, 'HTTP/1.1');
    expect(last.isClosed).toBe(true);
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url(v1)).port), localAddress: '127.0.0.6' });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    for (let request = 0; request < BURST + 1; request += 1) socket.write(kept);
    for (const started = Date.now(); !text.includes('429 Too Many') && Date.now() - started < 5_000; ) await sleep(10);
    expect(text.match(/HTTP\/1\.1 \d{3}/g)).toEqual([...Array(BURST).fill('HTTP/1.1 200'), 'HTTP/1.1 429']);
    socket.destroy();
  });

  testOfOwnServer('S17: X-Forwarded-For: what the proxy saw counts, not what a client wrote before it', async () => {
    await exhaust(url(writesXff), '127.0.0.2');
    const forged = { 'x-forwarded-for': '198.51.100.1', forwarded: 'for=198.51.100.1' };
    expectRefusal(await ask(url(writesXff), '127.0.0.2', forged), 429);
    expect((await ask(url(writesXff), '127.0.0.3', forged)).status).toBe(200);
  });

  testOfOwnServer('S17: Forwarded: the same, and X-Forwarded-For is then only words', async () => {
    await exhaust(url(writesForwarded), '127.0.0.2');
    const forged = { 'x-forwarded-for': '198.51.100.1', forwarded: 'for=198.51.100.1' };
    expectRefusal(await ask(url(writesForwarded), '127.0.0.2', forged), 429);
    expect((await ask(url(writesForwarded), '127.0.0.3', forged)).status).toBe(200);
  });

  testOfOwnServer('PROXY protocol: a server stops as fast as any, whatever stays open behind the proxy', async () => {
    const server = await startServer(behind({ OPENKUPE_PROXY_PROTOCOL: 'on' }));
    const own = await startHaproxy([{ mode: 'tcp', target: server.host, from: PROXY, serverOptions: 'send-proxy' }]);
    const sockets = await Promise.all(
      ['GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n', '', ''].map(async (sent) => {
        const socket = connect(Number(new URL(own.urls[0] ?? '').port), '127.0.0.1').on('error', () => {});
        await once(socket, 'connect');
        if (sent) await Promise.all([once(socket, 'data'), socket.write(sent)]);
        return socket;
      }),
    );
    const silent = connect({ host: '127.0.0.1', port: Number(new URL(server.host).port), localAddress: PROXY }).on('error', () => {});
    await once(silent, 'connect');
    const started = Date.now();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(Date.now() - started).toBeLessThan(4_000);
    for (const socket of [...sockets, silent]) socket.destroy();
    await own.stop();
  });
});

describe('a proxy that speaks the PROXY protocol', () => {
  const sent = (header: string, from: string, lines = '') =>
    rawExchange({ host: proxyProtocol.host, from, send: [`${header}GET /api/v1/plans HTTP/1.1\r\nHost: a\r\n${lines}\r\n`] });
  const client = (address: string) => `PROXY TCP4 ${address} 203.0.113.1 4711 443\r\n`;

  testOfOwnServer('S17: is not anybody who says so', async () => {
    expectRefusal(await sent(client('198.51.100.1'), '127.0.0.7'), 400, 'HTTP/1.1');
    expect((await sent('', '127.0.0.7')).status).toBe(200);
  });

  testOfOwnServer('is cut off when it does not, and the log says so', async () => {
    await expect(sent('', PROXY)).rejects.toThrow('closed without a whole answer: ""');
    expect(proxyProtocol.started.process.output.stderr).toContain('a trusted proxy sent no PROXY header');
  });

  testOfOwnServer('S17: and names no client is one client, whatever its client writes', async () => {
    const unknown = (forged: string) => sent('PROXY UNKNOWN\r\n', PROXY, `X-Forwarded-For: ${forged}\r\n`);
    for (let request = 0; request < BURST; request += 1) expect((await unknown(`198.51.100.${request}`)).status).toBe(200);
    expectRefusal(await unknown('198.51.100.99'), 429);
    expect((await sent(client('198.51.100.2'), PROXY)).status).toBe(200);
  });
});
