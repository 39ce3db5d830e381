/**
 * Cost of decisions of one limiter that several processes share, or that one has for itself, with 64 requests in flight and one after
 * another. In a process of its own. Prints JSON.
 */
import { systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { AddressLimit, networkLimitOf } from '../../packages/server/src/rate-limit/address-limit.ts';
import { SharedAddressLimit } from '../../packages/server/src/rate-limit/shared-address-limit.ts';
import { ValkeyLimit } from '../../packages/server/src/rate-limit/valkey/valkey-limit.ts';
import type { Subject } from './limiters.ts';

const [name = '', port = '', seconds = '1'] = process.argv.slice(2);
// Computed names, because these packages are not of this workspace.
const load = async (library: string) => import(library);
const IN_FLIGHT = 64;
const ADDRESSES = 10_000;
const SERIAL = 3_000;
// No request is refused or near a limit.
const LIMIT = { name: 'address', perSecond: 10_000, burst: 100_000, horizonMs: 60_000 };
const LOG = { warn: (fields: unknown, text: string) => console.error(text, fields), info: () => {} };

/** GCRA, and nothing else: no /48, no promises, no epoch. KEYS: the address; ARGV: the interval and the burst in milliseconds. */
const PLAIN_GCRA = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + interval
if tat - now > tolerance then return { 0, math.ceil(tat - now - tolerance) } end
redis.call('SET', KEYS[1], tat, 'PX', math.ceil(tat - now) + 1)
return { 1, 0 }`;

const SUBJECTS: Record<string, () => Promise<Subject & { close(): Promise<unknown> }>> = {
  'openkupe, in process': async () => {
    const limit = new AddressLimit({ clock: systemClock, random: systemRandom, address: LIMIT });
    return { decide: (address) => limit.admit({ address, method: 'GET', target: '/api/v1/plans' }).isAdmitted, close: async () => {} };
  },
  'openkupe, shared': async () => {
    const at = { host: '127.0.0.1', port: Number(port), db: 0, username: undefined, password: undefined, tls: false as const };
    const parts = { clock: systemClock, random: systemRandom, log: LOG };
    const store = new ValkeyLimit({ ...parts, address: at, limit: LIMIT, network: networkLimitOf(LIMIT), processes: 2, boundMs: 1_000 });
    await store.start();
    const local = new AddressLimit({ ...parts, address: LIMIT, hashKey: { low: 1, high: 2 } });
    const limit = new SharedAddressLimit({ clock: systemClock, address: LIMIT, local, store });
    return {
      decide: async (address) => (await limit.admit({ address, method: 'GET', target: '/api/v1/plans' })).isAdmitted,
      close: () => store.close(),
    };
  },
  'a plain GCRA in Lua, Valkey': async () => {
    const { Redis } = await load('iovalkey');
    const client = new Redis({ port: Number(port), enableAutoPipelining: true });
    client.defineCommand('gcra', { numberOfKeys: 1, lua: PLAIN_GCRA });
    const interval = 1_000 / LIMIT.perSecond;
    return {
      decide: async (address) => (await client.gcra(`gcra:${address}`, interval, interval * LIMIT.burst))[0] === 1,
      close: async () => client.disconnect(),
    };
  },
  'rate-limiter-flexible, Valkey': async () => {
    const [{ RateLimiterValkey }, { Redis }] = await Promise.all(['rate-limiter-flexible', 'iovalkey'].map(load));
    const storeClient = new Redis({ port: Number(port), enableAutoPipelining: true });
    const limiter = new RateLimiterValkey({ storeClient, points: LIMIT.burst, duration: 10 });
    const consume = (address: string): Promise<unknown> => limiter.consume(address);
    return {
      decide: (address) =>
        consume(address).then(
          () => true,
          () => false,
        ),
      close: async () => storeClient.disconnect(),
    };
  },
};

const cpuUs = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
const addressOf = (n: number) => `10.0.${(n >> 8) & 255}.${n & 255}`;

const make = SUBJECTS[name];
if (!make) throw new Error(`No limiter is called "${name}"`);
const subject = await make();
let refused = 0;

async function run(forMs: number) {
  const [beganMs, beganUs] = [performance.now(), cpuUs()];
  let done = 0;
  const work = async () => {
    while (performance.now() - beganMs < forMs) {
      done += 1;
      if (!(await subject.decide(addressOf((done * 7919) % ADDRESSES)))) refused += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  return { perSecond: (done / (performance.now() - beganMs)) * 1000, cpuUs: (cpuUs() - beganUs) / done };
}

await run(300);
const { perSecond, cpuUs: cpu } = await run(Number(seconds) * 1000);
const waits = new Float64Array(SERIAL);
for (let at = 0; at < SERIAL; at += 1) {
  const beganMs = performance.now();
  await subject.decide(addressOf(at % ADDRESSES));
  waits[at] = (performance.now() - beganMs) * 1000;
}
waits.sort();
await subject.close();
console.log(JSON.stringify({ perSecond, cpuUs: cpu, p50Us: waits[SERIAL / 2], p99Us: waits[Math.floor(SERIAL * 0.99)], refused }));
process.exit(0);
