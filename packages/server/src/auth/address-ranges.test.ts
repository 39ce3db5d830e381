import { expect, it } from 'vitest';
import { isInRanges, isRangeWithin, parseRange, plainAddress } from './address-ranges.ts';

it.each([
  ['203.0.113.7', ['203.0.113.0/24'], true],
  ['203.0.114.7', ['203.0.113.0/24'], false],
  ['203.0.113.7', ['203.0.113.7'], true],
  ['203.0.113.8', ['203.0.113.7', '203.0.113.9/32'], false],
  ['203.0.113.200', ['203.0.113.7/24'], true],
  ['::ffff:203.0.113.7', ['203.0.113.0/24'], true],
  ['::FFFF:198.51.100.1', ['203.0.113.0/24'], false],
  ['2001:db8::1', ['2001:db8::/32'], true],
  ['2001:DB8:0:0::9', ['2001:db8::9'], true],
  ['2001:db9::1', ['2001:db8::/32'], false],
  ['fe80::1%eth0', ['fe80::/10'], true],
  ['203.0.113.7', ['::/0'], false],
  ['2001:db8::1', ['0.0.0.0/0'], false],
  ['203.0.113.7', ['0.0.0.0/0'], true],
  ['unknown', ['0.0.0.0/0', '::/0'], false],
  ['203.0.113.7', [], false],
  ['203.0.113.7', ['nonsense'], false],
])('%s in %j: %s', (address, ranges, isIn) => expect(isInRanges(ranges, address)).toBe(isIn));

it.each([
  '',
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/-1',
  '10.0.0.0/08',
  '10.0.0.0/8/8',
  '10.0.0/8',
  'host',
  '::ffff:10.0.0.1',
  'fe80::1%eth0',
  '10.0.0.0/',
])('reads no range in %j', (text) => expect(parseRange(text)).toBeUndefined());

it.each([
  ['10.1.0.0/16', ['10.0.0.0/8'], true],
  ['10.0.0.0/8', ['10.0.0.0/8'], true],
  ['10.0.0.0/7', ['10.0.0.0/8'], false],
  ['11.0.0.0/16', ['10.0.0.0/8'], false],
  ['10.1.2.3', ['192.0.2.0/24', '10.1.0.0/16'], true],
  ['2001:db8:1::/48', ['2001:db8::/32'], true],
  ['::/0', ['0.0.0.0/0'], false],
  ['0.0.0.0/0', ['10.0.0.0/8'], false],
])('%s within %j: %s', (inner, outer, isWithin) => expect(isRangeWithin(inner, outer)).toBe(isWithin));

it('shows IPv4 as IPv4, and no zone', () => {
  expect(['::ffff:192.0.2.1', 'fe80::1%eth0', '2001:db8::1'].map(plainAddress)).toEqual(['192.0.2.1', 'fe80::1', '2001:db8::1']);
});
