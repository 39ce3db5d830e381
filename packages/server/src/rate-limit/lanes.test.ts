import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { createGuard } from './create-guard.ts';
import type { Admission } from './guard.ts';

const ADDRESS = '192.0.2.1';

function setUp(addresses = 4096) {
  let nowMs = 0;
  // Hundreds of thousands of steps: a clock that nobody sleeps on needs no promises.
  const clock = { now: () => nowMs, monotonic: () => nowMs, sleep: () => Promise.reject(new Error('nobody sleeps here')) };
  const advance = (ms: number) => {
    nowMs += ms;
  };
  const guard = createGuard({ clock, random: createSeededRandom(5), limits: { addresses } });
  const prove = (credential: string) => guard.reportAuthentication({ address: ADDRESS, credential, isValid: true });
  const ask = (credential: string, address = ADDRESS) => guard.admit({ address, credential });
  return { advance, prove, ask, guard };
}

const waitOf = (admission: Admission) => (admission.isAdmitted ? 0 : Number(admission.headers['retry-after']));
/** How often each number occurs. */
const tally = (numbers: readonly number[]) => {
  const times = new Map<number, number>();
  for (const number of numbers) times.set(number, (times.get(number) ?? 0) + 1);
  return times;
};

describe('neighbours behind one address', () => {
  it('are not pushed to the horizon by a noisy one', () => {
    const { prove, ask } = setUp();
    prove('kupe_noisy');
    prove('kupe_quiet');
    for (let request = 0; request < 5000; request += 1) ask('kupe_noisy');
    expect(waitOf(ask('kupe_noisy'))).toBe(60);
    expect(waitOf(ask('kupe_quiet'))).toBeLessThanOrEqual(2);
  });

  it('are served beside one that ignores Retry-After and sends a thousand a second', () => {
    const { advance, prove, ask } = setUp();
    prove('kupe_noisy');
    prove('kupe_quiet');
    let served = 0;
    let asked = 0;
    let noisy = 0;
    for (let now = 0; now < 120_000; now += 1) {
      if (ask('kupe_noisy').isAdmitted) noisy += 1;
      if (now % 200 === 199 && now > 30_000) {
        asked += 1;
        if (ask('kupe_quiet').isAdmitted) served += 1;
        else {
          // The first one meets an empty bucket; it waits as told.
          expect(asked).toBe(1);
          asked -= 1;
        }
      }
      advance(1);
    }
    expect(served / asked).toBe(1);
    // What the quiet one leaves is not wasted: together they get the whole limit.
    expect(noisy + served).toBeGreaterThan(0.97 * (100 + 120 * 20));
  });

  it('share the limit evenly when both want all of it', () => {
    const { advance, prove, ask } = setUp();
    const credentials = ['kupe_a', 'kupe_b', 'kupe_c', 'kupe_d'];
    for (const credential of credentials) prove(credential);
    const served = new Map(credentials.map((credential) => [credential, 0]));
    for (let now = 0; now < 60_000; now += 5) {
      for (const [at, credential] of credentials.entries()) {
        // The first one asks ten times as often.
        for (let request = 0; request < (at === 0 ? 10 : 1); request += 1) {
          if (ask(credential).isAdmitted) served.set(credential, (served.get(credential) ?? 0) + 1);
        }
      }
      advance(5);
    }
    const shares = [...served.values()];
    expect(Math.min(...shares) / Math.max(...shares)).toBeGreaterThan(0.6);
  });

  it('are served beside one that sends a thousand a second and one that guesses keys: all guesses together are one neighbour', () => {
    const { advance, prove, ask } = setUp();
    prove('kupe_noisy');
    prove('kupe_quiet');
    let refused = 0;
    for (let now = 0; now < 60_000; now += 1) {
      ask('kupe_noisy');
      if (now % 500 === 250) ask(`guess-${now}`);
      // A third of the limit is 6.7 a second.
      if (now % 160 === 0 && now > 20_000 && !ask('kupe_quiet').isAdmitted) refused += 1;
      advance(1);
    }
    expect(refused).toBe(0);
  });

  it('cannot win a larger share by inventing credentials', () => {
    const { advance, prove, ask } = setUp();
    prove('kupe_quiet');
    let served = 0;
    let asked = 0;
    for (let now = 0; now < 60_000; now += 2) {
      ask(`invented-${now}`);
      if (now % 500 === 0 && now > 20_000) {
        asked += 1;
        if (ask('kupe_quiet').isAdmitted) served += 1;
      }
      advance(2);
    }
    expect(served).toBeGreaterThanOrEqual(asked - 1);
  });

  it('forget promises once the bucket has been full for a while: who ran away and comes back starts afresh', () => {
    const { advance, ask } = setUp();
    for (let request = 0; request < 1500; request += 1) ask('kupe_gone');
    advance(20_000);
    for (let request = 0; request < 100; request += 1) expect(ask('kupe_gone').isAdmitted).toBe(true);
    expect(waitOf(ask('kupe_gone'))).toBe(1);
  });

  it('each have a lane, a hundred of them, however noisy one of them is', () => {
    const { advance, prove, ask } = setUp(65_536);
    const quiet = Array.from({ length: 100 }, (_, at) => `kupe_quiet_${at}`);
    for (const credential of [...quiet, 'kupe_noisy']) prove(credential);
    for (let request = 0; request < 2000; request += 1) ask('kupe_noisy');
    const dueMs = new Map(quiet.map((credential, at) => [credential, at * 100]));
    let [asked, served] = [0, 0];
    for (let now = 0; now < 120_000; now += 5) {
      ask('kupe_noisy');
      for (const [credential, atMs] of dueMs) {
        if (atMs > now) continue;
        asked += 1;
        const wait = waitOf(ask(credential));
        if (wait === 0) served += 1;
        dueMs.set(credential, now + (wait === 0 ? 10_000 : wait * 1000));
      }
      advance(5);
    }
    // A hundred callers, one request each in ten seconds: half of the limit.
    expect(served).toBeGreaterThan(1150);
    expect(served / asked).toBeGreaterThan(0.95);
  });

  it('are found by a newcomer within its first minute, in a crowd of invented credentials', () => {
    for (const credential of ['kupe_new', 'kupe_newer', 'kupe_newest']) {
      const { advance, ask } = setUp();
      let [returnsAtMs, attempts] = [10_000, 0];
      for (let now = 0; now < 75_000; now += 2) {
        ask(`invented-${now}`);
        if (now >= returnsAtMs) {
          const wait = waitOf(ask(credential));
          attempts += 1;
          returnsAtMs = wait === 0 ? Number.POSITIVE_INFINITY : now + wait * 1000;
        }
        advance(2);
      }
      expect([returnsAtMs, attempts]).toEqual([Number.POSITIVE_INFINITY, 2]);
    }
  });

  it('still each get their own second when they all have the same credential, new to the address', () => {
    const { ask } = setUp();
    for (let request = 0; request < 100; request += 1) ask('kupe_new');
    const waits = tally(Array.from({ length: 300 }, () => waitOf(ask('kupe_new'))));
    expect([...waits.keys()]).toHaveLength(15);
    expect(Math.max(...waits.values())).toBe(20);
  });

  it('are told what is left to them, not what is left to others', () => {
    const { advance, prove, ask } = setUp();
    prove('kupe_noisy');
    prove('kupe_quiet');
    for (let request = 0; request < 90; request += 1) ask('kupe_noisy');
    ask('kupe_quiet');
    for (let request = 0; request < 400; request += 1) {
      const admission = ask('kupe_noisy');
      const [, left = '', seconds = ''] = /r=(\d+);t=(\d+)/.exec(admission.headers.ratelimit ?? '') ?? [];
      if (admission.isAdmitted) {
        // Whoever is told that nothing is left is refused next, and nobody else.
        expect(ask('kupe_noisy').isAdmitted).toBe(left !== '0');
      } else {
        expect(left).toBe('0');
        expect(Number(seconds)).toBeLessThanOrEqual(waitOf(admission));
      }
      advance(13);
    }
  });
});

describe('more addresses over their limit than there are records', () => {
  /** Refuses so many requests of each of these addresses that their promises reach far ahead. */
  function crowd(ask: ReturnType<typeof setUp>['ask'], addresses: number, requests: number) {
    for (let at = 0; at < addresses; at += 1)
      for (let request = 0; request < requests; request += 1) ask('kupe_crowd', `198.51.${at >> 8}.${at & 255}`);
  }

  it('do not take the promises from one whose own are not open', () => {
    const { ask } = setUp();
    crowd(ask, 300, 95);
    for (let request = 0; request < 100; request += 1) ask('kupe_x');
    const waits = tally(Array.from({ length: 100 }, () => waitOf(ask('kupe_x'))));
    expect([...waits]).toEqual([1, 2, 3, 4, 5].map((second) => [second, 20]));
  });

  it('tell callers different seconds all the same, and whoever waits is admitted', () => {
    const { advance, ask, guard } = setUp();
    const { bytes } = guard;
    crowd(ask, 400, 1000);
    for (let request = 0; request < 100; request += 1) ask('kupe_x');
    const waits = tally(Array.from({ length: 300 }, () => waitOf(ask('kupe_x'))));
    expect(waits.size).toBeGreaterThanOrEqual(30);
    expect(Math.max(...waits.values())).toBeLessThanOrEqual(12);
    const wait = waitOf(ask('kupe_x'));
    advance(wait * 1000);
    expect(ask('kupe_x').isAdmitted).toBe(true);
    expect(guard.bytes).toBe(bytes);
  });
});
