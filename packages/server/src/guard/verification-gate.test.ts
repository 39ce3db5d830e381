import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { createGuard } from './create-guard.ts';
import type { DecidedStart } from './guard.ts';

const ADDRESS = '192.0.2.7';

function setUp() {
  const clock = createManualClock();
  const guard = createGuard({ clock, random: createSeededRandom(3), limits: { addresses: 4096 } });
  let [running, mostRunning] = [0, 0];
  /** Sends a credential that is valid and whose verification takes a while. */
  const send = async (credential: string, address = ADDRESS, takesMs = 50): Promise<DecidedStart['outcome']> => {
    const asked = guard.beginAuthentication({ address, credential });
    const start = asked.outcome === 'queued' ? await asked.turn : asked;
    if (start.outcome !== 'verify') return start.outcome;
    running += 1;
    mostRunning = Math.max(mostRunning, running);
    await clock.sleep(takesMs);
    running -= 1;
    start.finish(true);
    return 'verify';
  };
  const many = (times: number, address?: string, takesMs?: number) =>
    Promise.all(Array.from({ length: times }, (_, at) => send(`token-${at}`, address, takesMs)));
  const count = (outcomes: readonly string[]) => [outcomes.filter((outcome) => outcome === 'verify').length, outcomes.length];
  return { clock, guard, send, many, count, mostRunning: () => mostRunning };
}

describe('the verification gate', () => {
  it('lets a hundred valid credentials of one address through, ten at a time: nobody failed, nobody is refused', async () => {
    const { clock, many, count, mostRunning } = setUp();
    expect(count(await clock.runUntil(many(100)))).toEqual([100, 100]);
    expect(mostRunning()).toBe(10);
  });

  it('lets one /64 pass another of the same /48 that is full', async () => {
    const { clock, guard, many, send } = setUp();
    const full = many(30, '2001:db8:1:1::1');
    const outcome = await clock.runUntil(send('other', '2001:db8:1:2::1'));
    expect([outcome, guard.metrics.denied.authentication]).toEqual(['verify', 0]);
    await clock.runUntil(full);
  });

  it('lets a credential that is known to be good pass the line', async () => {
    const { clock, guard, many } = setUp();
    guard.reportAuthentication({ address: ADDRESS, credential: 'known', isValid: true });
    const line = many(50);
    expect(guard.beginAuthentication({ address: ADDRESS, credential: 'known' }).outcome).toBe('verify');
    await clock.runUntil(line);
  });

  it('holds a bounded line: whoever comes too late is told to come back, not that somebody failed', async () => {
    const { clock, guard, many, count } = setUp();
    const outcomes = await clock.runUntil(many(150));
    expect(count(outcomes)).toEqual([110, 150]);
    expect(new Set(outcomes)).toEqual(new Set(['verify', 'busy']));
    expect(guard.metrics.authenticationFailures).toBe(0);
  });

  it('holds a bounded number of lines', async () => {
    const { clock, many } = setUp();
    const all = Array.from({ length: 8 }, (_, at) => many(110, `198.51.100.${at}`));
    const outcomes = (await clock.runUntil(Promise.all(all))).flat();
    expect(outcomes.filter((outcome) => outcome === 'busy')).toHaveLength(8 * 100 - 500);
  });

  it('lets nobody wait for more than ten seconds and one verification', async () => {
    const { clock, many, count } = setUp();
    const outcomes = many(60, ADDRESS, 6_000);
    const start = clock.monotonic();
    expect(count(await clock.runUntil(outcomes))).toEqual([20, 60]);
    expect(clock.monotonic() - start).toBeLessThanOrEqual(16_000);
  });
});
