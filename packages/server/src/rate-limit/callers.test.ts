import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { createWorld, type Outcome, startPool, startStorm, startStream } from './testing/callers.ts';
import { createOneKey } from './testing/one-key.ts';

/** Seeds whose worst outcome counts. */
const SEEDS = [1, 2, 3, 4, 5];
const limitOf = (perSecond: number, burst: number) => ({ name: 'address', perSecond, burst, horizonMs: 60_000 });
const worldOf = (seed: number, limit = limitOf(20, 100), lateMs = 5) =>
  createWorld(createSeededRandom(seed), createOneKey(limit).ask, { attempts: 5, lateMs, takesMs: 6 });
const ofEach = (run: (seed: number) => Outcome) => SEEDS.map(run);
const p99Ms = ({ waitsMs }: Outcome) => waitsMs.toSorted((one, other) => one - other)[Math.floor(waitsMs.length * 0.99)] ?? 0;

/** A list that all ask for, a create that looks like every fourteenth other, and three calls that are of one thing each. */
const mixed = (call: number) => ({
  credential: 'me',
  target: ['list', `create ${call % 14}`][call % 5] ?? `${call}`,
  isCommon: call % 5 < 2,
});
const distinct = (call: number) => ({ credential: 'me', target: `${call}` });

describe.each([10, 20, 40])('a pool of %i workers that ask again as soon as they are served', (workers) => {
  it.each([
    ['distinct', distinct, 5],
    ['distinct, and up to 300 ms late', distinct, 300],
    ['mixed', mixed, 5],
    ['mixed, and up to 30 ms late', mixed, 30],
    ['mixed, and up to 300 ms late', mixed, 300],
  ])('with 400 calls that are %s: no promise broken, nobody gives up, little later than ideal', (_what, requestOf, lateMs) => {
    for (const outcome of ofEach((seed) => {
      const world = worldOf(seed, limitOf(20, 100), lateMs);
      const pool = startPool(world, { workers, calls: 400, requestOf });
      world.run(120_000);
      return pool;
    })) {
      expect(outcome).toMatchObject({ done: 400, gaveUp: 0, broken: 0 });
      expect(outcome.refused / 400).toBeLessThanOrEqual(1);
      expect((outcome.lastMs - 1234.567) / 15_000).toBeLessThan(1.1);
      if (workers < 40) expect(outcome.kept).toBeGreaterThan(40);
    }
  });
});

describe.each([
  [10, 10, 300],
  [20, 100, 700],
  [1, 5, 45],
  [7, 14, 200],
])('a storm on %i a second after a burst of %i by %i calls', (perSecond, burst, calls) => {
  it.each([
    ['of one client that shows no credential and asks for one thing', () => ({ credential: '?', target: 'x' }), 1],
    ['of three clients that ask for different things', (call: number) => ({ credential: `c${call % 3}`, target: `${call}` }), 1.75],
  ])('%s: all are served, no second is lost', (_what, requestOf, refusals) => {
    for (const outcome of ofEach((seed) => {
      const world = worldOf(seed, limitOf(perSecond, burst), 50);
      const storm = startStorm(world, { calls, spreadMs: 100, requestOf });
      world.run(300_000);
      return storm;
    })) {
      expect(outcome).toMatchObject({ done: calls, gaveUp: 0, broken: 0 });
      expect(outcome.refused / calls).toBeLessThanOrEqual(refusals);
      expect((outcome.lastMs - 1234.567) / 1000 - Math.ceil((calls - burst) / perSecond)).toBeLessThan(1.3);
    }
  });
});

it.each([
  [300, 10],
  [300, 30],
  [500, 30],
])('a storm of 300 equal calls that takes %i ms to arrive and returns up to %i ms late is served in three attempts', (spreadMs, lateMs) => {
  for (const outcome of ofEach((seed) => {
    const world = createWorld(createSeededRandom(seed), createOneKey(limitOf(10, 10)).ask, { attempts: 3, lateMs, takesMs: 6 });
    const storm = startStorm(world, { calls: 300, spreadMs, requestOf: () => ({ credential: '?', target: 'x', isCommon: true }) });
    world.run(300_000);
    return storm;
  })) {
    expect(outcome).toMatchObject({ done: 300, gaveUp: 0 });
    expect((outcome.lastMs - 1234.567) / 29_000).toBeLessThan(1.05);
  }
});

describe('a neighbour behind the same address', () => {
  it.each([
    ['new targets', (call: number) => ({ credential: 'flood', target: `${call}` })],
    ['five targets', (call: number) => ({ credential: 'flood', target: `${call % 5}` })],
    ['three hundred targets', (call: number) => ({ credential: 'flood', target: `${call % 300}` })],
    ['one list', () => ({ credential: 'flood', target: 'list', isCommon: true })],
    ['forged credentials', (call: number) => ({ credential: `?${call}`, target: `${call % 5}` })],
    ['no credential', () => ({ credential: '?', target: 'x' })],
    ['no credential, and one list', () => ({ credential: '?', target: 'x', isCommon: true })],
  ])('of a flood of 200/s with %s gets every call within two seconds', (_what, requestOf) => {
    for (const seed of SEEDS.slice(0, 2)) {
      const world = worldOf(seed);
      const flood = startStream(world, { perSecond: 200, obeys: false, requestOf });
      const neighbour = startStream(world, { perSecond: 2, obeys: true, requestOf: (call) => ({ credential: 'good', target: `${call}` }) });
      world.run(120_000);
      expect(neighbour.gaveUp).toBe(0);
      expect(neighbour.done).toBeGreaterThan(225);
      expect(p99Ms(neighbour)).toBeLessThan(2_000);
      // What the neighbour leaves is not held back from the flood.
      expect(flood.done).toBeGreaterThan(2_000);
    }
  });
});
