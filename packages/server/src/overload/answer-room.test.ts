import { expect, it } from 'vitest';
import { createTrustedProxies } from '../http/client-address/trusted-proxies.ts';
import { createAnswerRoom } from './answer-room.ts';

function setUp(totalBytes = 1_000) {
  const room = createAnswerRoom({ limits: { bytes: 100, totalBytes }, trustedProxies: createTrustedProxies(['10.0.0.0/8']) });
  const cut: string[] = [];
  const enter = (address: string, bytes: number, name = address) => room.enter(address, bytes, () => void cut.push(name));
  return { room, cut, enter };
}

it('is full for an address that leaves too much unread, and for it alone', () => {
  const { room, enter } = setUp();
  const answer = enter('192.0.2.1', 100);
  expect([room.isFull('192.0.2.1'), room.isFull('192.0.2.2')]).toEqual([true, false]);
  answer.taken(1);
  expect(room.isFull('192.0.2.1')).toBe(false);
});

it('counts an IPv6 /64 as one, and a trusted proxy not at all', () => {
  const { room, enter } = setUp();
  enter('2001:db8::1', 60);
  enter('2001:db8::2', 60);
  enter('10.0.0.1', 500);
  expect([room.isFull('2001:db8::3'), room.isFull('2001:db8:0:1::1'), room.isFull('10.0.0.1')]).toEqual([true, false, false]);
});

it('gives back what was taken, once, whatever is said afterwards', () => {
  const { room, enter } = setUp();
  const answer = enter('192.0.2.1', 100);
  answer.taken(70);
  answer.end();
  answer.end();
  answer.taken(70);
  expect(room.unreadBytes).toBe(0);
});

it('beyond the total, the oldest answer of the address with most unread is cut off', () => {
  const { room, cut, enter } = setUp();
  enter('192.0.2.1', 300, 'small');
  enter('192.0.2.2', 250, 'first');
  enter('192.0.2.2', 250, 'second');
  enter('192.0.2.3', 300, 'newcomer');
  expect([cut, room.unreadBytes]).toEqual([['first'], 850]);
});
