import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, systemClock } from '@openkupe/contract';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createTrustedProxies } from '../client-address/trusted-proxies.ts';
import { expectProxyHeaders, isWithoutClient, PROXY_HEADER_MS } from './proxy-protocol.ts';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V1 = Buffer.from('PROXY TCP4 198.51.100.7 203.0.113.1 4711 443\r\n');
const V1_UNKNOWN = Buffer.from('PROXY UNKNOWN\r\n');
const V2 = Buffer.concat([SIGNATURE, Buffer.from([0x21, 0x11, 0, 12, 198, 51, 100, 7, 203, 0, 113, 1, 0x12, 0x67, 1, 0xbb])]);
const V2_LOCAL = Buffer.concat([SIGNATURE, Buffer.from([0x20, 0, 0, 0])]);
const ask = (last = true) => Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${last ? 'Connection: close\r\n' : ''}\r\n`);

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

const sayWho: RequestListener = ({ socket }, response) => {
  response.end(`from ${socket.remoteAddress}${isWithoutClient(socket) ? ' for itself' : ''}.`);
};

async function start(options: { trusted?: string; clock?: Clock; handle?: RequestListener; server?: ServerOptions } = {}) {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const nothing = () => {};
  const log = { info: nothing, error: nothing, warn: (fields: (typeof lines)[0]) => void lines.push(fields) };
  const server = createServer(options.server ?? {}, options.handle ?? sayWho);
  servers.push(server);
  const trustedProxies = createTrustedProxies([options.trusted ?? '127.0.0.0/8']);
  expectProxyHeaders(server, { trustedProxies, clock: options.clock ?? systemClock, log });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, lines, port: (server.address() as AddressInfo).port };
}

/** An open connection, what came back on it so far, and the moment it is closed. */
async function open(port: number) {
  const socket = connect({ port, host: '127.0.0.1' });
  sockets.push(socket);
  const connection = { socket, text: '', closed: new Promise((resolve) => socket.once('close', resolve)) };
  socket
    .on('error', () => {})
    .on('data', (chunk) => {
      connection.text += chunk;
    });
  await once(socket, 'connect');
  return connection;
}

/** Sends pieces, each in a packet of its own, and returns what came back until the end. */
async function talk(port: number, pieces: readonly Buffer[]): Promise<string> {
  const connection = await open(port);
  connection.socket.setNoDelay();
  for (const piece of pieces) {
    connection.socket.write(piece);
    await pause(5);
  }
  await connection.closed;
  return connection.text;
}

const openConnections = (server: Server) =>
  new Promise<number>((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))));

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 400 && !(await isSo()); turn += 1) await pause(5);
  expect(await isSo()).toBe(true);
}

describe('a connection from a trusted proxy', () => {
  it.each([
    ['version 1', V1],
    ['version 2', V2],
  ])('has the address of the client it names, however its packets are cut: %s', async (_name, header) => {
    const { port } = await start();
    expect(await talk(port, [Buffer.concat([header, ask()])])).toContain('from 198.51.100.7.');
    expect(await talk(port, [header, ask()])).toContain('from 198.51.100.7.');
    const whole = Buffer.concat([header, ask()]);
    expect(
      await talk(
        port,
        Array.from(whole, (byte) => Buffer.from([byte]))
          .slice(0, 60)
          .concat(whole.subarray(60)),
      ),
    ).toContain('from 198.51.100.7.');
  });

  it('is the proxy itself when it names nobody', async () => {
    const { port } = await start();
    expect(await talk(port, [V1_UNKNOWN, ask()])).toContain('from 127.0.0.1 for itself.');
    expect(await talk(port, [V2_LOCAL, ask()])).toContain('from 127.0.0.1 for itself.');
  });

  it('keeps its client for every request on it, pipelined ones included', async () => {
    const { port } = await start();
    const connection = await open(port);
    connection.socket.write(Buffer.concat([V2, ask(false), ask(false)]));
    await until(() => connection.text.split('from 198.51.100.7.').length === 3);
    connection.socket.write(ask());
    await connection.closed;
    expect(connection.text.split('from 198.51.100.7.')).toHaveLength(4);
  });

  it('loses and changes no byte of a body, wherever the packets are cut', async () => {
    const { port } = await start({
      handle: async (request, response) => {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part as Buffer);
        response.end(Buffer.concat(parts).toString('base64'));
      },
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 3000 }),
        fc.array(fc.nat(3200), { maxLength: 4 }),
        fc.boolean(),
        async (body, cuts, isFirst) => {
          const head = `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
          const whole = Buffer.concat([isFirst ? V1 : V2, Buffer.from(head), body]);
          const at = [0, ...cuts.filter((cut) => cut < whole.length).sort((one, other) => one - other), whole.length];
          const pieces = at.slice(1).map((end, piece) => whole.subarray(at[piece], end));
          expect((await talk(port, pieces)).split('\r\n\r\n')[1]).toContain(Buffer.from(body).toString('base64'));
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    ['HTTP at once', [ask()]],
    ['garbage', [Buffer.from('\x16\x03\x01\x02\x00\x01')]],
    ['a second signature', [SIGNATURE, SIGNATURE]],
    ['a line without end', [Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)]],
  ])('is closed without an answer when it begins with %s', async (_name, pieces) => {
    const { port, lines } = await start();
    expect(await talk(port, pieces)).toBe('');
    expect(lines).toEqual([{ address: '127.0.0.1', connections: 1 }]);
  });

  it('is closed when it ends within the header, and is no mistake when it only looked whether the port is open', async () => {
    const { port, lines, server } = await start();
    const half = await open(port);
    half.socket.end(V1.subarray(0, 9));
    await half.closed;
    expect([half.text, lines.length]).toEqual(['', 1]);
    const look = await open(port);
    look.socket.end();
    await look.closed;
    await until(async () => (await openConnections(server)) === 0);
    expect(lines).toHaveLength(1);
  });

  it('has to send the whole header in time, whatever it drips; then all that waited are gone', async () => {
    const clock = createManualClock();
    const { port, server, lines } = await start({ clock });
    const waiting = await Promise.all(Array.from({ length: 300 }, () => open(port)));
    await until(() => clock.sleeping === 300);
    for (const { socket } of waiting.slice(0, 100)) socket.write(V1.subarray(0, 9));
    await clock.advance(PROXY_HEADER_MS - 1);
    for (const { socket } of waiting.slice(0, 100)) socket.write(V1.subarray(9, 12));
    await pause(50);
    expect(await openConnections(server)).toBe(300);
    await clock.advance(1);
    await Promise.all(waiting.map(({ closed }) => closed));
    await until(async () => (await openConnections(server)) === 0);
    expect([clock.sleeping, waiting.map(({ text }) => text).join('')]).toEqual([0, '']);
    // One line, however many: the next comes with their number when its time has come.
    expect(lines).toHaveLength(1);
    await clock.advance(60_000);
    await talk(port, [ask()]);
    expect(lines[1]).toEqual({ address: '127.0.0.1', connections: 300 });
  });

  it('is under the timeouts of the server like any other', async () => {
    const { port } = await start({ server: { headersTimeout: 150, requestTimeout: 150, connectionsCheckingInterval: 50 } });
    const answer = await talk(port, [Buffer.concat([V1, Buffer.from('GET / HTTP/1.1\r\nHost:')])]);
    expect(answer).toContain('408 Request Timeout');
  });
});

describe('a connection from anybody else', () => {
  it('is served as it is, and a PROXY header on it is a bad request', async () => {
    const { port } = await start({ trusted: '10.0.0.0/8' });
    expect(await talk(port, [ask()])).toContain('from 127.0.0.1.');
    expect(await talk(port, [Buffer.concat([V1, ask()])])).toContain('400 Bad Request');
    expect(await talk(port, [Buffer.concat([V2, ask()])])).toContain('400 Bad Request');
  });
});

describe('a server that stops', () => {
  it('is not kept by connections that wait for their header, nor by idle ones, and finishes what runs', async () => {
    let finish: (() => void) | undefined;
    const { port, server } = await start({
      handle: (request, response) => {
        if (request.headers.connection !== 'close') response.end('at once.');
        else finish = () => response.end('done.');
      },
    });
    const waiting = await open(port);
    const running = await open(port);
    running.socket.write(Buffer.concat([V1, ask()]));
    const idle = await open(port);
    idle.socket.write(Buffer.concat([V1, ask(false)]));
    await until(() => idle.text.includes('at once.'));
    await until(() => finish !== undefined);
    expect(await openConnections(server)).toBe(3);
    const closed = new Promise((resolve) => server.close(resolve));
    await waiting.closed;
    await idle.closed;
    finish?.();
    await running.closed;
    expect(running.text).toContain('done.');
    await closed;
  });

  it('can cut off all of them', async () => {
    const { port, server } = await start({ handle: () => {} });
    const waiting = await open(port);
    const running = await open(port);
    running.socket.write(Buffer.concat([V1, ask()]));
    await until(async () => (await openConnections(server)) === 2);
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await Promise.all([closed, waiting.closed, running.closed]);
  });
});
