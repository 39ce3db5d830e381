import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { createGuard } from './create-guard.ts';

const ADDRESS = '192.0.2.1';

function setUp() {
  let nowMs = 0;
  // Hundreds of thousands of steps: a clock that nobody sleeps on needs no promises.
  const clock = { now: () => nowMs, monotonic: () => nowMs, sleep: () => Promise.reject(new Error('nobody sleeps here')) };
  const advance = (ms: number) => {
    nowMs += ms;
  };
  const guard = createGuard({ clock, random: createSeededRandom(5), limits: { addresses: 4096 } });
  const prove = (credential: string) => guard.reportAuthentication({ address: ADDRESS, credential, isValid: true });
  const ask = (credential: string) => guard.admit({ address: ADDRESS, credential });
  return { advance, prove, ask };
}

const waitOf = (admission: ReturnType<ReturnType<typeof setUp>['ask']>) =>
  admission.isAdmitted ? 0 : Number(admission.headers['retry-after']);

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
});
