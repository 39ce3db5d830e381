import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProxyHeader } from './proxy-header.ts';

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
    ['version 1, unknown with words', Buffer.from('PROXY UNKNOWN 198.51.100.7 203.0.113.1 1 2\r\n'), undefined],
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
    Buffer.from('PROXY TCP4 198.51.100.7\r\n'),
    Buffer.from('PROXY TCP4 198.51.100.7 203.0.113.1 1 99999\r\n'),
    Buffer.from('PROXY TCP4 198.51.100.7 203.0.113.1 1 2 3\r\n'),
    Buffer.from('PROXY UDP4 198.51.100.7 203.0.113.1 1 2\r\n'),
    Buffer.from('proxy TCP4 198.51.100.7 203.0.113.1 1 2\r\n'),
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
