/** Limiters that share a Redis or Valkey, 64 decisions in flight, one process. Prints JSON. */
import { createRequire } from 'node:module';
import { systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { createGuard, guardLimits } from '../../packages/server/src/guard/create-guard.ts';
import { createValkeyStore } from '../../packages/server/src/guard/valkey-store.ts';

const [url = ''] = process.argv.slice(2);
const IN_FLIGHT = 64;
const KEYS = 10_000;
const MEASURED_MS = 4000;
const load = async (library: string) => import(library);
const require = createRequire(import.meta.url);
const FASTIFY_STORES = '@fastify/rate-limit/store/';

async function measure(decide: (key: string) => Promise<unknown> | boolean) {
  const waits: number[] = [];
  let decisions = 0;
  const end = performance.now() + MEASURED_MS;
  const worker = async (own: number) => {
    for (let at = own; performance.now() < end; at += IN_FLIGHT) {
      const start = performance.now();
      const answer = decide(`10.1.${(at % KEYS) >> 8}.${at & 255}`);
      if (typeof answer !== 'boolean') await answer;
      // A decision that needs nobody must still let the others, and the exchange, have their turn.
      else if (decisions % 256 === 0) await new Promise((resolve) => setImmediate(resolve));
      decisions += 1;
      if (decisions % 16 === 0) waits.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, own) => worker(own)));
  waits.sort((left, right) => left - right);
  return { perSecond: decisions / (MEASURED_MS / 1000), p50Ms: waits[waits.length >> 1], p99Ms: waits[Math.floor(waits.length * 0.99)] };
}

const { Redis } = await load('iovalkey');
const result: Record<string, unknown> = {};

const own = createValkeyStore({ url, patienceMs: 250, namespace: 'bench' });
const address = { name: 'address', perSecond: 100_000, burst: 100_000, horizonMs: 60_000 };
const guard = createGuard({
  clock: systemClock,
  random: systemRandom,
  limits: guardLimits({ address }),
  sharing: { clock: systemClock, store: own },
});
const stopping = new AbortController();
void guard.sharing?.run(stopping.signal);
result.openkupe = await measure((key) => guard.admit({ address: key }).isAdmitted);
result.exchanges = { state: guard.sharing?.state, ...guard.sharing?.counters };
stopping.abort();
own.close();

const client = new Redis(url);
const { RateLimiterRedis } = await load('rate-limiter-flexible');
const flexible = new RateLimiterRedis({ storeClient: client, points: 1e9, duration: 600 });
result['rate-limiter-flexible'] = await measure((key) => flexible.consume(key));
const RedisStore = require(`${FASTIFY_STORES}RedisStore.js`);
const fastify = new RedisStore(false, false, client, 'bench-');
result['@fastify/rate-limit'] = await measure((key) => new Promise((resolve) => fastify.incr(key, resolve, 600_000, 1e9)));
client.disconnect();
console.log(JSON.stringify(result));
process.exit(0);
