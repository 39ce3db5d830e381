import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { systemClock } from '@openkupe/contract';
import { afterEach, describe, expect, it } from 'vitest';
import { createTrustedProxies } from './client-address/trusted-proxies.ts';
import { createRoundRobin, ROUND_ROBIN } from './round-robin.ts';

let server: Server;
const clients: Socket[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  server.closeAllConnections();
  server.close();
});

async function start(handle: (request: IncomingMessage, response: ServerResponse) => void, proxies: readonly string[] = []) {
  server = createServer(createRoundRobin(handle, { trustedProxies: createTrustedProxies(proxies), clock: systemClock }).handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}
async function open(localAddress = '127.0.0.1'): Promise<Socket> {
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', localAddress });
  client.on('error', () => {});
  clients.push(client);
  await once(client, 'connect');
  return client;
}
const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
const many = (count: number, prefix: string, headers = '') => Array.from({ length: count }, (_, at) => get(`/${prefix}${at}`, headers));
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await pause(5);
}
/** Until every connection that was opened has been accepted. */
async function accepted(): Promise<void> {
  const count = promisify(server.getConnections.bind(server));
  await until(async () => (await count()) >= clients.length);
}
async function answersOn(client: Socket, count: number): Promise<string[]> {
  let text = '';
  for await (const chunk of client) {
    text += chunk;
    const bodies = [...text.matchAll(/<([^>]*)>/g)].map((match) => match[1] as string);
    if (bodies.length >= count) return bodies;
  }
  return [...text.matchAll(/<([^>]*)>/g)].map((match) => match[1] as string);
}
/** Keeps the loop busy, as work does. */
const work = (ms: number) => {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
};

describe('on one connection', () => {
  it('a request begins when the one before it is answered', async () => {
    const events: string[] = [];
    await start(async ({ url }, response) => {
      events.push(`begin ${url}`);
      await pause(url === '/r0' ? 30 : 1);
      events.push(`end ${url}`);
      response.end(`<${url}>`);
    });
    const client = await open();
    client.write(many(3, 'r').join(''));
    expect(await answersOn(client, 3)).toEqual(['/r0', '/r1', '/r2']);
    expect(events).toEqual(['begin /r0', 'end /r0', 'begin /r1', 'end /r1', 'begin /r2', 'end /r2']);
  });

  it('bodies reach the request they belong to, before and behind others', async () => {
    await start(async (request, response) => {
      const body = (await request.toArray()).join('');
      response.end(`<${request.url} ${body}>`);
    });
    const client = await open();
    const post = (path: string, body: string) => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const large = 'x'.repeat(200_000);
    client.write(post('/a', 'first') + get('/b') + post('/c', large) + get('/d'));
    expect(await answersOn(client, 4)).toEqual(['/a first', '/b ', `/c ${large}`, '/d ']);
  });

  it('what was sent behind an answer that closes it is not executed', async () => {
    const begun: string[] = [];
    await start(({ url = '' }, response) => {
      begun.push(url);
      if (url === '/r1') response.setHeader('connection', 'close');
      response.end(`<${url}>`);
    });
    const client = await open();
    client.write(many(5, 'r').join(''));
    expect(await answersOn(client, 5)).toEqual(['/r0', '/r1']);
    await pause(20);
    expect(begun).toEqual(['/r0', '/r1']);
  });

  it('no more is read while requests wait, and all of them are answered', async () => {
    const held: ServerResponse[] = [];
    let isHeld = true;
    let bytesRead = () => 0;
    await start((request, response) => {
      bytesRead = () => request.socket.bytesRead;
      if (isHeld) held.push(response);
      else response.end(`<${request.url}>`);
    });
    const client = await open();
    const count = 2_000;
    client.write(many(count, 'r', `X-Long: ${'x'.repeat(1_000)}\r\n`).join(''));
    await pause(200);
    expect(held.length).toBe(1);
    expect(bytesRead()).toBeLessThanOrEqual(2 * 64 * 1024);
    isHeld = false;
    held[0]?.end('</r0>');
    expect((await answersOn(client, count)).length).toBe(count);
  });

  it('an address that has too many waiting loses it, and keeps the others', async () => {
    const held: Socket[] = [];
    await start(({ socket }) => void held.push(socket));
    /** Sends that many, of which the first is held, and waits until all of them have arrived. */
    const send = async (client: Socket, count: number) => {
      const text = many(count, 'r').join('');
      const at = held.length;
      client.write(text);
      await until(() => held[at]?.bytesRead === text.length);
    };
    const [one, same, other] = [await open(), await open(), await open('127.0.0.2')];
    await send(one, ROUND_ROBIN.waiting - 10);
    await send(other, 100);
    const isLost = once(same, 'close');
    same.write(many(100, 'r').join(''));
    await isLost;
    expect(held.map(({ destroyed }) => destroyed)).toEqual([false, false]);
    // What waited on the lost connection counts no longer.
    const again = await open();
    await send(again, 10);
    expect(held[2]?.destroyed).toBe(false);
  });
});

describe('an address', () => {
  const begun: string[] = [];
  const startCounting = (proxies: readonly string[] = []) => {
    begun.length = 0;
    return start(({ url = '' }, response) => {
      begun.push(url);
      work(0.1);
      response.end(`<${url}>`);
    }, proxies);
  };
  const flooders = {
    'one connection': async () => [await open()],
    'many connections': () => Promise.all(Array.from({ length: 300 }, () => open())),
  };

  it.each(Object.entries(flooders))('that sends hundreds at once over %s does not keep others waiting for them', async (_name, openAll) => {
    await startCounting();
    const [flood, neighbour] = [await openAll(), await open('127.0.0.2')];
    await accepted();
    const requests = many(900, 'flood');
    for (const [at, client] of flood.entries())
      client.write(requests.slice((at * 900) / flood.length, ((at + 1) * 900) / flood.length).join(''));
    neighbour.write(get('/neighbour'));
    // As in a process that is busy: nothing is looked at until all has arrived.
    work(100);
    expect(await answersOn(neighbour, 1)).toEqual(['/neighbour']);
    expect(begun.indexOf('/neighbour')).toBeLessThan(5 * ROUND_ROBIN.begun);
    const answers = await Promise.all(flood.map((client) => answersOn(client, 900 / flood.length)));
    expect(answers.flat().length).toBe(900);
  });

  it('that is a trusted proxy is not held back', async () => {
    await startCounting(['127.0.0.1']);
    const [flood, neighbour] = [await Promise.all(Array.from({ length: 300 }, () => open())), await open('127.0.0.2')];
    await accepted();
    for (const client of flood) client.write(get('/proxied'));
    neighbour.write(get('/neighbour'));
    work(100);
    await answersOn(neighbour, 1);
    expect(begun.indexOf('/neighbour')).toBeGreaterThan(200);
  });
});
