import { createRequire } from 'node:module';
import { systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { AddressLimit } from '../../packages/server/src/rate-limit/address-limit.ts';

/** A limiter behind the one question all of them answer. */
export interface Subject {
  /** Whether the request passes; a promise where the library only has that. */
  decide(key: string): boolean | Promise<boolean>;
}

/** So many requests in a window of this length. */
export interface Quota {
  readonly quota: number;
  readonly windowMs: number;
}

type Make = (limit: Quota, keys: number) => Promise<Subject>;

// A computed name, because the packages are not part of the workspace.
const load = async (name: string) => import(name);
const require = createRequire(import.meta.url);
const FASTIFY_STORES = '@fastify/rate-limit/store/';

/** Every limiter, by its name. The token bucket is what one would write in eight lines. */
export const LIMITERS: Readonly<Record<string, Make>> = {
  openkupe: async ({ quota, windowMs }, keys) => {
    const perSecond = (quota * 1000) / windowMs;
    const address = { name: 'address', perSecond, burst: quota, horizonMs: 60_000 };
    const limit = new AddressLimit({ clock: systemClock, random: systemRandom, address, addresses: Math.ceil(keys * 1.15) });
    return { decide: (key) => limit.admit({ address: key, method: 'GET', target: '/api/v1/plans' }).isAdmitted };
  },
  'token bucket in eight lines': async ({ quota, windowMs }) => {
    const intervalMs = windowMs / quota;
    const fullAtMs = new Map<string, number>();
    return {
      decide(key) {
        const nowMs = performance.now();
        const nextMs = Math.max(fullAtMs.get(key) ?? 0, nowMs) + intervalMs;
        if (nextMs > nowMs + windowMs) return false;
        fullAtMs.set(key, nextMs);
        return true;
      },
    };
  },
  'rate-limiter-flexible': async ({ quota, windowMs }) => {
    const { RateLimiterMemory } = await load('rate-limiter-flexible');
    const limiter = new RateLimiterMemory({ points: quota, duration: windowMs / 1000 });
    const yes = () => true;
    const no = () => false;
    return { decide: (key) => limiter.consume(key).then(yes, no) };
  },
  'express-rate-limit': async ({ quota, windowMs }) => {
    const { MemoryStore } = await load('express-rate-limit');
    const store = new MemoryStore();
    store.init({ windowMs });
    return { decide: (key) => store.increment(key).then((info: { totalHits: number }) => info.totalHits <= quota) };
  },
  'hono-rate-limiter': async ({ quota, windowMs }) => {
    const { MemoryStore } = await load('hono-rate-limiter');
    const store = new MemoryStore();
    store.init({ windowMs });
    return { decide: async (key) => (await store.increment(key)).totalHits <= quota };
  },
  '@fastify/rate-limit': async ({ quota, windowMs }, keys) => {
    const LocalStore = require(`${FASTIFY_STORES}LocalStore.js`);
    const store = new LocalStore(false, false, keys + 1);
    let isAllowed = false;
    const take = (_error: unknown, answer: { current: number }) => {
      isAllowed = answer.current <= quota;
    };
    return {
      decide(key) {
        store.incr(key, take, windowMs, quota);
        return isAllowed;
      },
    };
  },
};
