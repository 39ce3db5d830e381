import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundedPost, InternalAddressError } from './bounded-post.ts';

let server: Server;
let requests: number;
let origin: string;
let answer: (path: string) => { status: number; headers?: Record<string, string>; body?: Buffer };
beforeEach(async () => {
  requests = 0;
  answer = () => ({ status: 200 });
  server = createServer((request, response) => {
    requests += 1;
    const { status, headers, body } = answer(request.url ?? '');
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const post = (url: string, options: { mayBeInternal?: boolean; addresses?: readonly string[]; signal?: AbortSignal } = {}) =>
  boundedPost({
    url: new URL(url),
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{}'),
    signal: options.signal ?? AbortSignal.timeout(5_000),
    mayBeInternal: options.mayBeInternal ?? false,
    resolve: async () => options.addresses ?? [],
  });

describe('an internal address', () => {
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://169.254.169.254/latest/meta-data',
    'http://10.0.0.1/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://localhost/',
    'http://metadata.google.internal/',
  ])('%s is refused as it is written', async (url) => {
    await expect(post(url, { addresses: ['93.184.215.14'] })).rejects.toBeInstanceOf(InternalAddressError);
  });

  it.each([
    [['127.0.0.1']],
    [['::ffff:127.0.0.1']],
    [['::1']],
    [['100.64.0.1']],
    [['fd12::1']],
    [['93.184.215.14', '10.0.0.1']],
    [['2606:2800:21f:cb07:6820:80da:af6b:8b2c', '192.168.0.1']],
  ])('is refused where a public name resolves to %j, and nothing is sent', async (addresses) => {
    const url = `http://hooks.example.com:${new URL(origin).port}/`;
    await expect(post(url, { addresses })).rejects.toBeInstanceOf(InternalAddressError);
    expect(requests).toBe(0);
  });

  it('is reached where the operator allows it', async () => {
    expect(await post(origin, { mayBeInternal: true })).toEqual({ status: 200, retryAfter: undefined });
  });
});

it('connects to the address that was checked, whatever the name leads to', async () => {
  const url = `http://hooks.example.com:${new URL(origin).port}/`;
  expect((await post(url, { mayBeInternal: true, addresses: ['127.0.0.1'] })).status).toBe(200);
  expect(requests).toBe(1);
});

it('follows no redirect, and reports Retry-After', async () => {
  answer = (path) => (path === '/' ? { status: 307, headers: { location: `${origin}/elsewhere`, 'retry-after': '7' } } : { status: 200 });
  expect(await post(origin, { mayBeInternal: true })).toEqual({ status: 307, retryAfter: '7' });
  expect(requests).toBe(1);
});

it('reads no more of an answer than it has to', async () => {
  answer = () => ({ status: 200, body: Buffer.alloc(64 * 1024 * 1024) });
  expect((await post(origin, { mayBeInternal: true })).status).toBe(200);
});

it('rejects without an answer, when the signal aborts, and for a name without an address', async () => {
  const silent = createTcpServer((socket) => socket.resume());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  await expect(post(url, { mayBeInternal: true, signal: AbortSignal.timeout(50) })).rejects.toThrow();
  await new Promise((resolve) => silent.close(resolve));
  await expect(post(url, { mayBeInternal: true })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const { resolveHost } = await import('./resolve-host.ts');
  await expect(resolveHost('no-such-host.invalid', AbortSignal.timeout(5_000))).rejects.toThrow();
});

describe('a receiver that speaks HTTP of its own', () => {
  let raw: TcpServer;
  let url: string;
  let sends: string;
  beforeEach(async () => {
    raw = createTcpServer((socket) => socket.on('error', () => {}).once('data', () => socket.write(sends)));
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(raw.address() as AddressInfo).port}`;
  });
  afterEach(() => raw.close());

  it('cannot hold a request for ever by 101', async () => {
    sends = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    expect(await post(url, { mayBeInternal: true })).toEqual({ status: 101, retryAfter: undefined });
  });

  it('may send some interim answers, and not any number', async () => {
    sends = `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(3)}HTTP/1.1 204 No Content\r\n\r\n`;
    expect((await post(url, { mayBeInternal: true })).status).toBe(204);
    sends = 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000);
    await expect(post(url, { mayBeInternal: true })).rejects.toThrow('interim answers');
  });
});
