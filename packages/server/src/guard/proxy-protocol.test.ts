import { createServer } from 'node:http';
import { type AddressInfo, connect, type Server } from 'node:net';
import { type Clock, systemClock } from '@openkupe/contract';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listenBehindProxy, readProxyHeader } from './proxy-protocol.ts';
import { createTrustedProxies } from './trusted-proxies.ts';

const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const V1 = Buffer.from('PROXY TCP4 198.51.100.7 203.0.113.1 4711 443\r\n');
const V2_IPV4 = Buffer.from([...SIGNATURE, 0x21, 0x11, 0, 12, 198, 51, 100, 7, 203, 0, 113, 1, 0x12, 0x67, 1, 0xbb]);
const V2_IPV6 = Buffer.from([...SIGNATURE, 0x21, 0x21, 0, 36, 0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 7, ...Array(20).fill(0)]);
const V2_LOCAL = Buffer.from([...SIGNATURE, 0x20, 0, 0, 0]);

describe('a PROXY header', () => {
  it.each([
    ['version 1', V1, '198.51.100.7'],
    ['version 1, IPv6', Buffer.from('PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n'), '2001:db8::7'],
    ['version 1, unknown', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
    ['version 2', V2_IPV4, '198.51.100.7'],
    ['version 2, IPv6', V2_IPV6, '2001:db8:0:0:0:0:0:7'],
    ['version 2, of the proxy itself', V2_LOCAL, undefined],
  ])('of %s is read, and not a byte more', (_name, header, address) => {
    expect(readProxyHeader(Buffer.concat([header, Buffer.from('GET / HTTP/1.1\r\n')]))).toEqual({
      outcome: 'read',
      length: header.length,
      address,
    });
    for (let length = 0; length < header.length; length += 1)
      expect(readProxyHeader(header.subarray(0, length)).outcome).toBe('incomplete');
  });

  it.each([
    Buffer.from('GET / HTTP/1.1\r\n'),
    Buffer.from('PROXY TCP4 nobody 203.0.113.1 1 2\r\n'),
    Buffer.from('PROXY TCP4 2001:db8::7 203.0.113.1 1 2\r\n'),
    Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`),
    Buffer.from([...SIGNATURE, 0x31, 0x11, 0, 12]),
    Buffer.from([...SIGNATURE, 0x21, 0x11, 0xff, 0xff]),
    Buffer.from([...SIGNATURE, 0x21, 0x11, 0, 4, 1, 2, 3, 4]),
  ])('is not what begins with %s', (bytes) => {
    expect(readProxyHeader(bytes).outcome).toBe('invalid');
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readProxyHeader(Buffer.from(bytes))));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void readProxyHeader(Buffer.from([...SIGNATURE, ...bytes]))));
  });
});

/** Sends bytes, in pieces, and returns what came back. */
async function talk(server: Server, pieces: readonly Buffer[]): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let answer = '';
  const closed = new Promise((resolve) =>
    socket
      .on('data', (chunk) => (answer += chunk))
      .on('error', () => {})
      .on('close', resolve),
  );
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await closed;
  return answer;
}

describe('a listener behind a proxy', () => {
  const ASK = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const start = async (trusted: readonly string[], clock: Clock = systemClock) => {
    const http = createServer((request, response) => response.end(`from ${request.socket.remoteAddress}`));
    const server = listenBehindProxy(http, { trustedProxies: createTrustedProxies(trusted), clock });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  };

  it('sees the client, whole or in pieces', async () => {
    const server = await start(['127.0.0.0/8']);
    expect(await talk(server, [Buffer.concat([V1, ASK])])).toContain('from 198.51.100.7');
    expect(await talk(server, [V2_IPV4.subarray(0, 5), V2_IPV4.subarray(5), ASK.subarray(0, 9), ASK.subarray(9)])).toContain(
      'from 198.51.100.7',
    );
    expect(await talk(server, [Buffer.concat([V2_LOCAL, ASK])])).toContain('from 127.0.0.1');
    expect(await talk(server, [ASK])).toBe('');
    server.close();
  });

  it('does not wait for a header for ever', async () => {
    const clock = createManualClock();
    const server = await start(['127.0.0.0/8'], clock);
    const answer = talk(server, [V1.subarray(0, 9)]);
    while (clock.sleeping === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await clock.advance(3000);
    expect(await answer).toBe('');
    server.close();
  });

  it('does not believe strangers', async () => {
    const server = await start(['10.0.0.0/8']);
    expect(await talk(server, [ASK])).toContain('from 127.0.0.1');
    expect(await talk(server, [Buffer.concat([V1, ASK])])).toContain('400 Bad Request');
    server.close();
  });
});
