import { expect, it } from 'vitest';
import { groupName } from './address-group.ts';
import { KeyedCounts } from './keyed-counts.ts';

it('counts by client, together, and says who has most', () => {
  const counts = new KeyedCounts();
  counts.add(groupName('192.0.2.1'), 2);
  counts.add(groupName('2001:db8::1'), 3);
  counts.add(groupName('2001:db8::2'), 1);
  counts.add(groupName('192.0.2.1'), -1);
  expect([counts.of('192.0.2.1'), counts.of('2001:db8:0:0::/64'), counts.of('192.0.2.2'), counts.total]).toEqual([1, 4, 0, 5]);
  expect(counts.largest()).toBe('2001:db8:0:0::/64');
  counts.add('2001:db8:0:0::/64', -4);
  counts.add('192.0.2.1', -1);
  expect([counts.largest(), counts.total]).toEqual([undefined, 0]);
});
