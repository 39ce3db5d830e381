import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedAt, isDue } from './gcra.ts';
import type { VirtualAnswer } from './testing/callers.ts';
import { createOneKey } from './testing/one-key.ts';

const LIMIT = { name: 'test', perSecond: 20, burst: 100, horizonMs: 60_000 };

/** A limiter whose burst is spent at 0, and what becomes of further requests. */
function spent(limit = LIMIT) {
  const { limiter, ask } = createOneKey(limit);
  for (let at = 0; at < limit.burst; at += 1) ask({ credential: 'other', target: `${at}` }, 0);
  return { limiter, ask: (credential: string, target: string, nowMs: number) => ask({ credential, target }, nowMs) };
}

const secondsOf = (answer: VirtualAnswer) => answer?.seconds;

describe('a promise', () => {
  it('is kept for the request that got it: new ones queue behind it, of whichever credential', () => {
    const { ask } = spent();
    expect(ask('me', 'a', 0)).toMatchObject({ seconds: 1, isReserved: true });
    // Nineteen more are promised the first second, ten of each credential at most; nobody takes the first slot.
    for (let at = 0; at < 60; at += 1) ask(`other-${at}`, 'b', 500);
    for (let at = 0; at < 60; at += 1) expect(ask(`late-${at}`, 'c', 999)).toBeDefined();
    expect(ask('me', 'a', 1000)).toBeUndefined();
  });

  it('is recognised by the credential and the target; equal requests are interchangeable', () => {
    const { ask } = spent();
    ask('me', 'a', 0);
    for (let at = 0; at < 60; at += 1) ask(`other-${at}`, 'x', 0);
    expect(ask('me', 'b', 1000)).toBeDefined();
    expect(ask('you', 'a', 1000)).toBeDefined();
    expect(ask('me', 'a', 1000)).toBeUndefined();
    expect(ask('me', 'a', 1000)).toBeDefined();
  });

  it('tells a request that comes early the rest of the same wait, and gives it no second slot', () => {
    const { limiter, ask } = spent();
    for (let at = 0; at < 120; at += 1) ask(`other-${at}`, 'x', 0);
    expect(ask('me', 'a', 0)).toMatchObject({ seconds: 7, isReserved: true });
    const before = limiter.bucket({ low: Math.imul(1, 2 ** 28), high: 1 }, 1000).tatMs;
    for (const nowMs of [1000, 1300, 2000, 2500, 3000])
      expect([nowMs, secondsOf(ask('me', 'a', nowMs))]).toEqual([nowMs, Math.ceil((7000 - nowMs) / 1000)]);
    expect(limiter.bucket({ low: Math.imul(1, 2 ** 28), high: 1 }, 1000).tatMs).toBe(before);
    expect(ask('me', 'a', 7000)).toBeUndefined();
  });

  it('falls back when nobody claims it within two seconds after its time', () => {
    const { limiter, ask } = spent();
    const left = (nowMs: number) => limiter.bucket({ low: Math.imul(1, 2 ** 28), high: 1 }, nowMs).tatMs - nowMs;
    for (let at = 0; at < 10; at += 1) ask('me', `${at}`, 0);
    expect(left(2900)).toBe(2600);
    ask('me', 'new', 3300);
    // The ten are forgotten, the new one is charged.
    expect(left(3300)).toBe(1750);
  });

  it('is not said to be reserved where an equal request may take it: outstanding with it, or served lately', () => {
    const { ask } = spent();
    expect(ask('me', 'a', 0)).toMatchObject({ isReserved: true });
    expect(ask('me', 'a', 0)).toMatchObject({ isReserved: false });
    expect(ask('me', 'b', 0)).toMatchObject({ isReserved: true });
    expect(ask('me', 'b', 1000)).toBeUndefined();
    for (let at = 0; at < 20; at += 1) ask(`other-${at}`, 'x', 1000);
    expect(ask('me', 'b', 1000)).toMatchObject({ isReserved: false });
  });

  it('is for half a second of quota at first, for ten seconds of it for who returns as told, and not for who asks without waiting', () => {
    const { ask } = spent();
    const reservedOf = (from: string, nowMs: number) =>
      Array.from({ length: 400 }, (_, at) => ask('me', `${from}-${at}`, nowMs)).filter((answer) => answer?.isReserved).length;
    expect(reservedOf('first', 0)).toBe(10);
    // Those without a promise were told moments of their own, and return then: from one second to ten.
    for (let at = 0; at < 200; at += 1) ask('me', `first-${at}`, Math.ceil((at + 1) / 20) * 1000);
    expect(reservedOf('second', 10_500)).toBeGreaterThan(150);
    for (let at = 0; at < 400; at += 1) ask('me', `second-${at % 100}`, 12_000 + at);
    expect(reservedOf('third', 30_000)).toBeLessThanOrEqual(30);
  });

  it('is for half a second of quota for all credentials together that were not verified', () => {
    const { ask } = spent();
    const answers = Array.from({ length: 400 }, (_, at) => ask(`?${at}`, `${at}`, 0));
    expect(answers.filter((answer) => answer?.isReserved)).toHaveLength(10);
    expect(ask('verified', 'a', 0)).toMatchObject({ seconds: 1, isReserved: true });
  });

  it('is earned beside floods from other addresses that fill the memory of waits, and costs nothing where that has no room', () => {
    // Room for 2,000 waits, 1,500 of them without a promise; one flood alone may have 600.
    const { ask } = createOneKey(LIMIT, { keys: 2_000 * 64 });
    for (let key = 1; key <= 6; key += 1) for (let at = 0; at < LIMIT.burst; at += 1) ask({ credential: 'other', target: `${at}`, key }, 0);
    for (let key = 2; key <= 6; key += 1) for (let at = 0; at < 1_000; at += 1) ask({ credential: '?', target: `${at}`, key }, 0);
    const waits = Array.from({ length: 100 }, (_, at) => ask({ credential: 'me', target: `${at}` }, 0)?.seconds ?? 0);
    waits.forEach((seconds, at) => {
      ask({ credential: 'me', target: `${at}` }, seconds * 1000);
    });
    const next = Array.from({ length: 400 }, (_, at) => ask({ credential: 'me', target: `next-${at}` }, 6_000));
    expect(next.filter((answer) => answer?.isReserved).length).toBeGreaterThan(25);
  });

  it('reaches no further than the horizon', () => {
    const { ask } = spent({ ...LIMIT, horizonMs: 2_000 });
    const answers = Array.from({ length: 200 }, (_, at) => ask(`c${at}`, 'x', 0));
    expect(answers.filter((answer) => answer?.isReserved)).toHaveLength(40);
    expect(Math.max(...answers.map((answer) => answer?.seconds ?? 0))).toBeLessThanOrEqual(3);
  });
});

/** Requests of clients that obey, come early, come late or never return, with equal ones among them. */
const traffic = fc.array(
  fc.record({
    gapMs: fc.oneof(fc.constant(0), fc.nat({ max: 30 }), fc.nat({ max: 1500 })),
    credential: fc.constantFrom('a', 'b', '?c', '?d'),
    target: fc.nat({ max: 12 }).map(String),
    isCommon: fc.boolean(),
    returnsAfter: fc.constantFrom(0, 0, 0, 0.4, -1),
    lateMs: fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 1900 })),
  }),
  { minLength: 20, maxLength: 250 },
);
const rates = fc.record({ perSecond: fc.constantFrom(1, 7, 20, 100), burst: fc.constantFrom(1, 3, 10, 50) });

/** Sends the traffic, and returns when requests were admitted. */
function admissionsOf(limit: typeof LIMIT, requests: typeof traffic extends fc.Arbitrary<infer T> ? T : never): number[] {
  const { ask } = createOneKey(limit);
  const events: {
    atMs: number;
    credential: string;
    target: string;
    isCommon: boolean;
    returnsAfter: number;
    lateMs: number;
    attempt: number;
  }[] = [];
  let atMs = 1000;
  for (const { gapMs, ...request } of requests) {
    atMs += gapMs;
    events.push({ atMs, ...request, attempt: 1 });
  }
  const admitted: number[] = [];
  while (events.length > 0) {
    events.sort((one, other) => other.atMs - one.atMs);
    const event = events.pop();
    if (!event) break;
    const answer = ask(event, event.atMs);
    if (!answer) admitted.push(event.atMs);
    else if (event.returnsAfter >= 0 && event.attempt < 4)
      events.push({
        ...event,
        atMs: event.atMs + answer.seconds * 1000 * (event.returnsAfter || 1) + event.lateMs,
        attempt: event.attempt + 1,
      });
  }
  return admitted;
}

describe('the law', () => {
  it('at most burst + rate × (w + 3.8) requests are admitted in any window of w seconds, whatever clients do', () => {
    fc.assert(
      fc.property(rates, traffic, (rate, requests) => {
        const admitted = admissionsOf({ ...LIMIT, ...rate }, requests);
        for (let first = 0; first < admitted.length; first += 1)
          for (let last = first; last < admitted.length; last += 1) {
            const seconds = ((admitted[last] as number) - (admitted[first] as number)) / 1000;
            expect(last - first + 1).toBeLessThanOrEqual(rate.burst + rate.perSecond * (seconds + 3.8));
          }
      }),
      { numRuns: 300 },
    );
  });

  it('no key over its limit is forgotten, and no other gets anything back, whatever else arrives', () => {
    const step = fc.record({ key: fc.integer({ min: 1, max: 40 }), gapMs: fc.nat({ max: 40 }), cost: fc.integer({ min: 1, max: 5 }) });
    const limits = fc.record({ perSecond: fc.integer({ min: 1, max: 100 }), burst: fc.integer({ min: 1, max: 20 }) });
    fc.assert(
      fc.property(limits, fc.array(step, { minLength: 50, maxLength: 600 }), (rate, trace) => {
        const { limiter, ask } = createOneKey({ ...LIMIT, ...rate }, { keys: 8, mostCost: 5, isOneSet: true });
        const heaviest = Math.min(5, rate.burst);
        const owedUntil = new Map<number, number>();
        const tatOf = (key: number) => limiter.table.ranks[limiter.table.find(0, key)] as number;
        let nowMs = 1000;
        for (const { key, gapMs, cost } of trace) {
          nowMs += gapMs;
          const isHeld = (other: number) => limiter.table.find(0, other) >= 0;
          const over = [...owedUntil.keys()].filter(
            (other) => isHeld(other) && !isDue(allowedAt(limiter.gcra, tatOf(other), nowMs, heaviest), nowMs),
          );
          const answer = ask({ credential: 'me', target: `${key}`, key, cost }, nowMs);
          expect(over.filter((other) => !isHeld(other))).toEqual([]);
          if (!isHeld(key) || answer) continue;
          expect(tatOf(key)).toBeGreaterThanOrEqual(owedUntil.get(key) ?? 0);
          owedUntil.set(key, tatOf(key));
        }
      }),
    );
  });

  it('keys for which there is no room are counted together: neither open nor closed', () => {
    const { limiter, ask } = createOneKey({ ...LIMIT, perSecond: 1, burst: 2 }, { keys: 8, isOneSet: true });
    for (let key = 1; key <= 8; key += 1) for (let request = 0; request < 2; request += 1) ask({ credential: 'me', target: 'x', key }, 0);
    const answers = Array.from({ length: 1000 }, (_, at) => ask({ credential: 'me', target: 'x', key: 100 + at }, 0));
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(100);
    expect(answers.some((answer) => answer?.isReserved)).toBe(false);
    expect(limiter.table.counters.overflows).toBe(1000);
  });
});
