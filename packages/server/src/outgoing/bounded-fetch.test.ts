import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { boundedFetch, jsonOf, reasonOf } from './bounded-fetch.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(server: Server): Promise<URL> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}
const http = (listener: RequestListener) => serve(createServer(listener));
const read = (address: URL, { mostBytes = 10_000, timeoutMs = 5_000 } = {}) =>
  boundedFetch(address, { mostBytes, signal: AbortSignal.timeout(timeoutMs) });

/** Sends until the connection ends; resolves with the bytes that were taken once the connection is gone. */
function endless(head: string, piece: string): { server: Server; taken: Promise<number> } {
  const { promise: taken, resolve } = Promise.withResolvers<number>();
  const server = createTcpServer((socket) => {
    let bytes = 0;
    const more = () => {
      while (socket.write(piece)) bytes += piece.length;
    };
    socket.on('drain', more).on('error', () => {});
    socket.on('close', () => resolve(bytes));
    socket.once('data', () => {
      socket.write(head);
      more();
    });
  });
  return { server, taken };
}

it('reads an answer whole', async () => {
  const address = await http((_request, response) => response.writeHead(418).end('{"a":1}'));
  const answer = await read(address);
  expect([answer.status, jsonOf(answer)]).toEqual([418, { a: 1 }]);
  expect(jsonOf({ body: Buffer.from('<html>') })).toBeUndefined();
});

it.each([
  ['with a body without end', 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n', 'x'.repeat(10_000), 'more than 10000 bytes'],
  ['with headers without end', 'HTTP/1.1 200 OK\r\n', `x-more: ${'x'.repeat(2_000)}\r\n`, 'UND_ERR_HEADERS_OVERFLOW'],
  ['with one header without end', 'HTTP/1.1 200 OK\r\nx-more: ', 'x'.repeat(2_000), 'UND_ERR_HEADERS_OVERFLOW'],
  ['with interim answers without end', '', 'HTTP/1.1 102 Processing\r\n\r\n', 'aborted due to timeout'],
])('gives up on a server %s, and closes the connection', async (_what, head, piece, reason) => {
  const { server, taken } = endless(head, piece);
  const error = await read(await serve(server), { timeoutMs: 1_000 }).catch((thrown) => thrown);
  expect(reasonOf(error)).toMatch(reason);
  // What a kernel buffers on loopback is far less than what an unbounded reader takes in a second.
  expect(await taken).toBeLessThan(64 * 1024 * 1024);
});

it('gives up on a compressed body that is short on the wire', async () => {
  const { gzipSync } = await import('node:zlib');
  const address = await http((_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(10_000_000))),
  );
  await expect(read(address)).rejects.toThrow('more than 10000 bytes');
});

it('gives up on a server that sends a byte now and then: the time is that of the whole answer', async () => {
  const address = await http((_request, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'), 20);
    response.on('close', () => clearInterval(timer));
  });
  const startedAt = performance.now();
  await expect(read(address, { timeoutMs: 300 })).rejects.toThrow('timeout');
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

it('follows no redirect', async () => {
  let asked = 0;
  const address = await http((_request, response) => {
    asked += 1;
    response.writeHead(302, { location: '/again' }).end();
  });
  expect([(await read(address)).status, asked]).toEqual([302, 1]);
});
