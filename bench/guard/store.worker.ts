/** Limiters that share a Redis or Valkey, 64 decisions in flight, one process, taking turns. Given: the store's program, rounds. Prints JSON. */
import { createRequire } from 'node:module';
import { systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { createGuard, guardLimits } from '../../packages/server/src/guard/create-guard.ts';
import { createValkeyStore } from '../../packages/server/src/guard/valkey-store.ts';
import { startRedis } from './redis-process.ts';
import { quantile, spreadOf } from './statistics.ts';

const [program = '', roundsText = '3'] = process.argv.slice(2);
const ROUNDS = Number(roundsText);
const IN_FLIGHT = 64;
const KEYS = 10_000;
const MEASURED_MS = 2000;
const load = async (library: string) => import(library);
const require = createRequire(import.meta.url);
const FASTIFY_STORES = '@fastify/rate-limit/store/';

type Decide = (key: string) => Promise<unknown> | boolean;

async function measure(decide: Decide) {
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
  return { perSecond: decisions / (MEASURED_MS / 1000), p50Ms: quantile(waits, 0.5), p99Ms: quantile(waits, 0.99) };
}

const redis = await startRedis(program);
const url = `redis://127.0.0.1:${redis.port}`;
const own = createValkeyStore({ url, patienceMs: 250, namespace: 'bench' });
const address = { name: 'address', perSecond: 100_000, burst: 100_000, horizonMs: 60_000 };
const sharing = { clock: systemClock, store: own };
const guard = createGuard({ clock: systemClock, random: systemRandom, limits: guardLimits({ address }), sharing });
const stopping = new AbortController();
void guard.sharing?.run(stopping.signal);

const { Redis } = await load('iovalkey');
const client = new Redis(url);
const { RateLimiterRedis } = await load('rate-limiter-flexible');
const flexible = new RateLimiterRedis({ storeClient: client, points: 1e9, duration: 600 });
const RedisStore = require(`${FASTIFY_STORES}RedisStore.js`);
const fastify = new RedisStore(false, false, client, 'bench-');

const SUBJECTS: Readonly<Record<string, Decide>> = {
  openkupe: (key) => guard.admit({ address: key }).isAdmitted,
  'rate-limiter-flexible': (key) => flexible.consume(key),
  '@fastify/rate-limit': (key) => new Promise((resolve) => fastify.incr(key, resolve, 600_000, 1e9)),
};

const measured = new Map<string, Awaited<ReturnType<typeof measure>>[]>(Object.keys(SUBJECTS).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round += 1)
  for (const [name, decide] of Object.entries(SUBJECTS)) measured.get(name)?.push(await measure(decide));
const rows = [...measured].map(([name, rounds]) => ({
  name,
  perSecond: spreadOf(rounds.map(({ perSecond }) => perSecond)),
  p50Ms: spreadOf(rounds.map(({ p50Ms }) => p50Ms)),
  p99Ms: spreadOf(rounds.map(({ p99Ms }) => p99Ms)),
}));
const exchanges = { state: guard.sharing?.state, ...guard.sharing?.counters };
stopping.abort();
own.close();
client.disconnect();
await redis.kill();
console.log(JSON.stringify({ rows, exchanges }));
process.exit(0);
