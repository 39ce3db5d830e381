import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { describe, expect, it } from 'vitest';
import { type BodyLimits, type BodyPlace, createBodyRoom } from './body-room.ts';

const LIMITS: BodyLimits = { bodies: 3, bytes: 100, totalBytes: 250, longestMs: 30_000 };
const ADDRESS = '192.0.2.1';

function setUp() {
  const clock = createManualClock();
  const room = createBodyRoom({ clock, limits: LIMITS });
  const enter = (address = ADDRESS): BodyPlace => {
    const place = room.enter(address);
    if (!place.isAdmitted) throw new Error('refused');
    return place;
  };
  return { clock, room, enter };
}

describe('the room for bodies on their way', () => {
  it('holds so many of one address, and more of others', () => {
    const { room, enter } = setUp();
    const places = [enter(), enter('::ffff:192.0.2.1'), enter()];
    expect(room.enter(ADDRESS).isAdmitted).toBe(false);
    enter('192.0.2.2');
    places[1]?.leave();
    enter();
    expect(room.enter(ADDRESS).isAdmitted).toBe(false);
  });

  it('counts an IPv6 /64 as one address', () => {
    const { room, enter } = setUp();
    for (const host of ['1', '2', '3']) enter(`2001:db8::${host}`);
    expect(room.enter('2001:db8::4').isAdmitted).toBe(false);
    enter('2001:db8:0:1::1');
  });

  it('tells the refused when a place is free at the latest, each another one', async () => {
    const { clock, room, enter } = setUp();
    for (let place = 0; place < 3; place += 1) {
      enter();
      await clock.advance(1_000);
    }
    const waits = Array.from({ length: 4 }, () => {
      const refused = room.enter(ADDRESS);
      return refused.isAdmitted ? 0 : refused.retryAfterMs;
    });
    expect(waits).toEqual([27_000, 28_000, 29_000, 29_000]);
  });

  it('holds so many bytes of one address, and of all', () => {
    const { enter } = setUp();
    const one = enter();
    const same = enter();
    expect([one.grow(60), same.grow(40), same.grow(1), one.grow(1)]).toEqual(['fits', 'fits', 'address-full', 'address-full']);
    expect([enter('192.0.2.2').grow(100), enter('192.0.2.3').grow(51)]).toEqual(['fits', 'full']);
    one.leave();
    expect([enter('192.0.2.3').grow(51), same.grow(60)]).toEqual(['fits', 'full']);
  });
});
