import { createRequire } from 'node:module';
import { systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { createGuard, guardLimits } from '../../packages/server/src/rate-limit/create-guard.ts';

/** A limiter behind the one question all of them answer. */
export interface Subject {
  readonly name: string;
  /** Whether the request passes; a promise where the library only has that. */
  decide(key: string): boolean | Promise<boolean>;
  /** Asks once: 0 when it passes, otherwise the Retry-After in seconds that the library tells, rounded up as its middleware does. */
  ask(key: string): number | Promise<number>;
  close?(): void;
}

export interface Limit {
  readonly quota: number;
  readonly windowMs: number;
}

const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000));

type Make = (limit: Limit, keys: number) => Promise<Subject>;

// A computed name, because the packages are not part of the workspace.
const load = async (name: string) => import(name);
const require = createRequire(import.meta.url);
const FASTIFY_STORES = '@fastify/rate-limit/store/';

export const LIMITERS: Readonly<Record<string, Make>> = {
  openkupe: async (limit, keys) => {
    const perSecond = (limit.quota * 1000) / limit.windowMs;
    const address = { name: 'address', perSecond, burst: Math.max(1, Math.round(perSecond)), horizonMs: 60_000 };
    const guard = createGuard({
      clock: systemClock,
      random: systemRandom,
      limits: { ...guardLimits({ address }), addresses: Math.ceil(keys * 1.35) },
    });
    return {
      name: 'openkupe',
      decide: (key) => guard.admit({ address: key }).isAdmitted,
      ask: (key) => Number(guard.admit({ address: key }).headers['retry-after'] ?? 0),
    };
  },
  'rate-limiter-flexible': async (limit) => {
    const { RateLimiterMemory } = await load('rate-limiter-flexible');
    const limiter = new RateLimiterMemory({ points: limit.quota, duration: limit.windowMs / 1000 });
    const yes = () => true;
    const no = () => false;
    return {
      name: 'rate-limiter-flexible',
      decide: (key) => limiter.consume(key).then(yes, no),
      ask: (key) =>
        limiter.consume(key).then(
          () => 0,
          (refusal: { msBeforeNext: number }) => seconds(refusal.msBeforeNext),
        ),
    };
  },
  'express-rate-limit': async (limit) => {
    const { MemoryStore } = await load('express-rate-limit');
    const store = new MemoryStore();
    store.init({ windowMs: limit.windowMs });
    return {
      name: 'express-rate-limit',
      decide: (key) => store.increment(key).then((info: { totalHits: number }) => info.totalHits <= limit.quota),
      ask: async (key) => {
        const { totalHits, resetTime } = await store.increment(key);
        return totalHits <= limit.quota ? 0 : seconds(resetTime.getTime() - Date.now());
      },
      close: () => store.shutdown(),
    };
  },
  'hono-rate-limiter': async (limit) => {
    const { MemoryStore } = await load('hono-rate-limiter');
    const store = new MemoryStore();
    store.init({ windowMs: limit.windowMs });
    return {
      name: 'hono-rate-limiter',
      decide: async (key) => (await store.increment(key)).totalHits <= limit.quota,
      ask: async (key) => {
        const { totalHits, resetTime } = await store.increment(key);
        return totalHits <= limit.quota ? 0 : seconds(resetTime.getTime() - Date.now());
      },
      close: () => store.shutdown?.(),
    };
  },
  '@fastify/rate-limit': async (limit, keys) => {
    const LocalStore = require(`${FASTIFY_STORES}LocalStore.js`);
    const store = new LocalStore(false, false, keys + 1);
    let isAllowed = false;
    let leftMs = 0;
    const take = (_error: unknown, answer: { current: number; ttl: number }) => {
      leftMs = answer.ttl;
      isAllowed = answer.current <= limit.quota;
    };
    return {
      name: '@fastify/rate-limit',
      decide(key) {
        store.incr(key, take, limit.windowMs, limit.quota);
        return isAllowed;
      },
      ask(key) {
        store.incr(key, take, limit.windowMs, limit.quota);
        return isAllowed ? 0 : seconds(leftMs);
      },
    };
  },
};
