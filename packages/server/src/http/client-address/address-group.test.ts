import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressGroup, formatAddressGroup } from './address-group.ts';

const group = (address: string) => formatAddressGroup(addressGroup(address));

describe('an address group', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['255.255.255.255', '255.255.255.255'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
  ])('of %s is %s', (address, expected) => {
    expect(group(address)).toBe(expected);
  });

  it.each([
    '',
    'unknown',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1..2.3',
    ':::',
    '1:2',
    '1::2::3',
    'g::1',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
    '2001:db8::1:',
  ])('of %j, which is no address, is the shared one', (text) => {
    expect(addressGroup(text).family).toBe(0);
  });

  it('is the /48 for the network', () => {
    expect(formatAddressGroup(addressGroup('2001:db8:aa:bb::1'), true)).toBe('2001:db8:aa::/48');
  });

  it('agrees with Node about what an address is', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ unit: fc.constantFrom(...'0123456789abcf:.'.split('')), maxLength: 24 })),
        (text) => {
          // NOTE: Node refuses leading zeros in a dotted quad; socket addresses never have them, and folding them harms nobody.
          fc.pre(!/(^|[.:])0\d/.test(text));
          expect(addressGroup(text).family !== 0).toBe(isIP(text) !== 0);
        },
      ),
    );
  });

  it('is one for a whole /64 and another for the next', () => {
    const hextet = fc.integer({ min: 1, max: 0xfffe }).map((value) => value.toString(16));
    fc.assert(
      fc.property(fc.array(hextet, { minLength: 4, maxLength: 4 }), fc.array(hextet, { minLength: 4, maxLength: 4 }), (prefix, host) => {
        expect(group([...prefix, ...host].join(':'))).toBe(`${prefix.join(':')}::/64`);
      }),
    );
  });
});
