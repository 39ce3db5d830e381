import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddress, type ForwardingHeader } from './client-address.ts';
import { forwardedFor } from './forwarded-for.ts';
import { createTrustedProxies } from './trusted-proxies.ts';

const trustedProxies = createTrustedProxies(['10.0.0.0/8', '2001:db8:ffff::/48', '192.0.2.1']);

function client(socketAddress: string, xff?: string, header: ForwardingHeader = 'x-forwarded-for') {
  return clientAddress({ socketAddress, headers: xff === undefined ? {} : { [header]: xff }, trustedProxies, forwardingHeader: header });
}

describe('the client address', () => {
  it.each([
    ['the peer, when it is no proxy', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['the peer, when the proxy says nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['what a trusted proxy saw', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['what a proxy that is spelled as IPv6 saw', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['the first stranger from the right', '10.0.0.1', '1.1.1.1, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
    ['never what a client wrote to the left of itself', '10.0.0.1', '10.0.0.2, 8.8.8.8, 198.51.100.1', '198.51.100.1'],
    ['the leftmost proxy, when all are trusted', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['without its port', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['without brackets and port', '10.0.0.1', '[2001:db8::7]:4711', '2001:db8::7'],
    ['the proxy that reported garbage', '10.0.0.1', '198.51.100.1, unknown, 10.0.0.2', '10.0.0.2'],
    ['the peer, when the last entry is garbage', '10.0.0.1', '198.51.100.1, ', '10.0.0.1'],
  ])('is %s', (_why, peer, header, expected) => {
    expect(client(peer, header)).toBe(expected);
  });

  it('reads Forwarded when the proxies write that, and then only that', () => {
    const headers = { forwarded: 'for=1.1.1.1, for="[2001:db8::7]:1";proto=https, for=10.0.0.2', 'x-forwarded-for': '8.8.8.8' };
    expect(clientAddress({ socketAddress: '10.0.0.1', headers, trustedProxies, forwardingHeader: 'forwarded' })).toBe('2001:db8::7');
    expect(clientAddress({ socketAddress: '10.0.0.1', headers, trustedProxies, forwardingHeader: 'x-forwarded-for' })).toBe('8.8.8.8');
  });

  it('is not moved by anything a client writes', () => {
    const forged = fc.oneof(fc.string(), fc.ipV4(), fc.constantFrom('for="', '"', ',', '10.0.0.1', 'for=10.0.0.1', '\\'));
    fc.assert(
      fc.property(
        fc.array(forged, { maxLength: 6 }),
        fc.ipV4().filter((address) => !trustedProxies.includes(address)),
        (words, real) => {
          expect(client('10.0.0.1', [...words, real].join(', '))).toBe(real);
          expect(client('10.0.0.1', [...words, `for=${real}`].join(', '), 'forwarded')).toBe(real);
          expect(client(real, words.join(', '))).toBe(real);
        },
      ),
    );
  });

  it('does not read a chain longer than any real one', () => {
    const chain = ['198.51.100.1', ...Array.from({ length: 100_000 }, () => '10.0.0.2')].join(',');
    expect(client('10.0.0.1', chain)).toBe('10.0.0.2');
  });
});

describe('trusted proxies', () => {
  it.each(['1', '2', 'true', 'loopback', 'proxy.internal', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', '', '2001:db8::/129'])(
    'refuse %j',
    (entry) => {
      expect(() => createTrustedProxies([entry])).toThrow(/CIDR blocks/);
    },
  );

  it('include nobody when the list is empty', () => {
    expect(createTrustedProxies([]).includes('127.0.0.1')).toBe(false);
  });

  it('include the whole block and nothing beside it', () => {
    expect(trustedProxies.includes('10.255.255.255')).toBe(true);
    expect(trustedProxies.includes('11.0.0.0')).toBe(false);
    expect(trustedProxies.includes('2001:db8:ffff:1::1')).toBe(true);
    expect(trustedProxies.includes('2001:db8:fffe::1')).toBe(false);
    expect(trustedProxies.includes('not an address')).toBe(false);
  });
});

describe('forwardedFor', () => {
  it('reads RFC 7239 section 4 examples', () => {
    expect(forwardedFor('for="_gazonk"')).toEqual(['_gazonk']);
    expect(forwardedFor('For="[2001:db8:cafe::17]:4711"')).toEqual(['[2001:db8:cafe::17]:4711']);
    expect(forwardedFor('for=192.0.2.60;proto=http;by=203.0.113.43')).toEqual(['192.0.2.60']);
    expect(forwardedFor('for=192.0.2.43, for=198.51.100.17')).toEqual(['192.0.2.43', '198.51.100.17']);
    expect(forwardedFor('proto=https, for=198.51.100.17')).toEqual(['', '198.51.100.17']);
  });
});
