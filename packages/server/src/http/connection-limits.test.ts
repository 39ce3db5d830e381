import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPipeline } from '../pipeline/pipeline.ts';
import type { Ports } from '../start/compose-ports.ts';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { createTrustedProxies } from './client-address/trusted-proxies.ts';
import { createHttpServer, type HttpServer } from './http-server.ts';
import { LINGERING } from './lingering-close.ts';

const FEW = { perAddress: 3, together: 8, stalledMs: 60_000, idleMs: 65_000 };
const HEALTH = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';

let server: InProcess;
let http: HttpServer;
const clients: Socket[] = [];
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  http.server.closeAllConnections();
  await http.close();
  await server.stop();
});

async function start(limits = FEW, overrides: Partial<Ports> = {}, host = '127.0.0.1') {
  const ports = { ...server.plane.ports, ...overrides };
  http = createHttpServer(createPipeline(ports), ports, { expectsProxyHeader: false, connections: limits, allowedOrigins: new Set() });
  await http.listen({ host, port: 0 });
}
async function open(localAddress = '127.0.0.1', allowHalfOpen = false): Promise<Socket> {
  const { port, address } = http.server.address() as AddressInfo;
  const client = connect({ port, host: address, localAddress, allowHalfOpen });
  client.on('error', () => {});
  clients.push(client);
  await once(client, 'connect');
  return client;
}
const openMany = (count: number, localAddress?: string) => Promise.all(Array.from({ length: count }, () => open(localAddress)));
/** What comes back on it first; nothing if it is closed without an answer. */
const first = async (client: Socket) => String((await Promise.race(['data', 'end', 'close'].map((event) => once(client, event))))[0]);
const ask = async (client: Socket) => {
  client.write(HEALTH);
  return first(client);
};

describe('connections that are open at the same time', () => {
  it('are bounded per address: one more is told why and closed, and those that are open go on', async () => {
    await start();
    const own = await openMany(3);
    const refused = await open();
    const answer = await first(refused);
    expect(answer).toMatch(/^HTTP\/1\.1 429 /);
    expect(answer).toMatch(/error-code: too-many-connections\r\n/);
    expect(answer).toMatch(/retry-after: 5\r\n/);
    expect(answer).toMatch(/ratelimit: "connections";r=0;t=5\r\n/);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] as string)).toEqual({
      error: 'Too many connections from this address; close some, or use fewer and keep them open',
    });
    refused.end();
    await once(refused, 'close');
    for (const client of own) expect(await ask(client)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await ask(await open('127.0.0.2'))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('make room when they are closed', async () => {
    await start();
    const count = promisify(http.server.getConnections.bind(http.server));
    for (let round = 0; round < 5; round += 1) {
      const own = await openMany(3);
      for (const client of own) expect(await ask(client)).toMatch(/^HTTP\/1\.1 200 /);
      for (const client of own) client.destroy();
      while ((await count()) > 0) await pause(1);
    }
  });

  it('are bounded together: when a request runs on every one, one more is 503', async () => {
    const held: Socket[] = [];
    await start();
    http.server.on('request', (_request, response) => held.push(response.socket as Socket));
    for (const host of ['127.0.0.1', '127.0.0.2', '127.0.0.3']) {
      for (const client of await openMany(host === '127.0.0.3' ? 2 : 3, host)) {
        client.write('POST /api/v1/tenants/demo/apikeys HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ');
        client.write(`${server.adminKey}\r\nContent-Length: 100\r\n\r\n{`);
      }
    }
    while (held.length < 8) await pause(1);
    const answer = await first(await open('127.0.0.4'));
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toMatch(/error-code: too-many-connections\r\n/);
  });

  it('a few addresses that hold silent connections do not keep others out: their idlest ones make room', async () => {
    await start({ ...FEW, perAddress: 4 });
    const silent = [...(await openMany(4, '127.0.0.2')), ...(await openMany(3, '127.0.0.3'))];
    const used = await open('127.0.0.4');
    expect(await ask(used)).toMatch(/^HTTP\/1\.1 200 /);
    for (let at = 10; at < 30; at += 1) {
      const fresh = await open(`127.0.0.${at}`);
      expect(await ask(fresh)).toMatch(/^HTTP\/1\.1 200 /);
      fresh.destroy();
      await once(fresh, 'close');
    }
    expect(silent.filter(({ readyState }) => readyState !== 'open').length).toBeGreaterThan(0);
    expect(await ask(used)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('new connections that stay are accepted until every address has its share', async () => {
    await start({ ...FEW, perAddress: 8 });
    const greedy = await openMany(8, '127.0.0.2');
    for (let at = 10; at < 17; at += 1) expect(await ask(await open(`127.0.0.${at}`))).toMatch(/^HTTP\/1\.1 200 /);
    await pause(20);
    expect(greedy.map(({ readyState }) => readyState === 'open').lastIndexOf(true)).toBe(7);
    expect(greedy.filter(({ readyState }) => readyState === 'open').length).toBe(1);
  });

  it('are not counted per address for a trusted proxy, which speaks for many', async () => {
    await start({ ...FEW, together: 100 }, { trustedProxies: createTrustedProxies(['127.0.0.1']) });
    for (const client of await openMany(20)) expect(await ask(client)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('are closed without an answer when there are more of an address than can be answered', async () => {
    await start({ perAddress: 1, together: 8, stalledMs: 60_000, idleMs: 65_000 });
    const own = await open();
    const tell = async () => {
      const stubborn = await Promise.all(Array.from({ length: 100 }, () => open('127.0.0.1', true)));
      const answers = await Promise.all(stubborn.map(first));
      return answers.filter((answer) => answer.startsWith('HTTP/1.1 429 ')).length;
    };
    expect([await tell(), await tell()]).toEqual([16, 0]);
    expect(await ask(own)).toMatch(/^HTTP\/1\.1 200 /);
    await server.clock.advance(LINGERING.ms);
    expect(await tell()).toBe(16);
  });
});

it('a connection whose client does not read its answers is closed', async () => {
  await start({ ...FEW, stalledMs: 400 });
  const client = await open();
  client.pause();
  client.write('GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(60));
  const count = promisify(http.server.getConnections.bind(http.server));
  await pause(200);
  expect(await count()).toBe(1);
  const untilMs = performance.now() + 10_000;
  while ((await count()) > 0 && performance.now() < untilMs) await pause(50);
  expect(await count()).toBe(0);
});

it('one whose client reads slowly, but reads, is not', async () => {
  await start({ ...FEW, stalledMs: 400 });
  const client = await open();
  client.write('GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(60));
  let answers = 0;
  for await (const chunk of client) {
    answers += [...String(chunk).matchAll(/HTTP\/1\.1 200/g)].length;
    await pause(5);
    if (answers === 60) break;
  }
  expect(answers).toBe(60);
});
