import { expect, it } from 'vitest';
import { createTrustedProxies } from '../http/client-address/trusted-proxies.ts';
import { createUnreadAnswers } from './unread-answers.ts';

function setUp(totalBytes = 1_000) {
  const unread = createUnreadAnswers({ limits: { bytes: 100, totalBytes }, trustedProxies: createTrustedProxies(['10.0.0.0/8']) });
  const cut: string[] = [];
  const add = (address: string, bytes: number, name = address) => unread.add(address, bytes, () => void cut.push(name));
  return { unread, cut, add };
}

it('is full for an address that leaves too much unread, and for it alone', () => {
  const { unread, add } = setUp();
  const answer = add('192.0.2.1', 100);
  expect([unread.isFull('192.0.2.1'), unread.isFull('192.0.2.2')]).toEqual([true, false]);
  answer.read(1);
  expect(unread.isFull('192.0.2.1')).toBe(false);
});

it('counts an IPv6 /64 as one, and a trusted proxy not at all', () => {
  const { unread, add } = setUp();
  add('2001:db8::1', 60);
  add('2001:db8::2', 60);
  add('10.0.0.1', 500);
  expect([unread.isFull('2001:db8::3'), unread.isFull('2001:db8:0:1::1'), unread.isFull('10.0.0.1')]).toEqual([true, false, false]);
});

it('gives back what was read, once, whatever is said afterwards', () => {
  const { unread, add } = setUp();
  const answer = add('192.0.2.1', 100);
  answer.read(70);
  answer[Symbol.dispose]();
  answer[Symbol.dispose]();
  answer.read(70);
  expect(unread.bytes).toBe(0);
});

it('beyond the total, the oldest answer of the address with most unread is cut off', () => {
  const { unread, cut, add } = setUp();
  add('192.0.2.1', 300, 'small');
  add('192.0.2.2', 250, 'first');
  add('192.0.2.2', 250, 'second');
  add('192.0.2.3', 300, 'fresh');
  expect([cut, unread.bytes]).toEqual([['first'], 850]);
});
