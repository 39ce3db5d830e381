/**
 * Cost of decisions and of memory for one limiter and one number of keys, in a process of its own. Rates are per second of processor time
 * (of all threads, so that collecting garbage counts), because other work on the machine would blur those of a clock. Prints JSON.
 */
import { LIMITERS } from './limiters.ts';

const [name = '', keysText = '', hotText = '1024'] = process.argv.slice(2);
const keys = Number(keysText);
const hot = Number(hotText);
const gc = (globalThis as { gc?: () => void }).gc ?? (() => {});

/** The nth address as a flat string of its own, as a server gets one with every request. */
function address(n: number): string {
  return Buffer.from(`${(n >>> 24) + 11}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`, 'latin1').toString('latin1');
}

const SAMPLE = 400_000;
let seed = 12345;
const random = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

async function run(
  subject: { decide(key: string): boolean | Promise<boolean> },
  sample: readonly string[],
  times: number,
): Promise<number> {
  const start = cpuSeconds();
  let done = 0;
  for (let round = 0; round < times; round += 1) {
    for (const key of sample) {
      const answer = subject.decide(key);
      if (typeof answer !== 'boolean') await answer;
      done += 1;
    }
  }
  return done / (cpuSeconds() - start);
}

const make = LIMITERS[name];
if (!make) throw new Error(`No limiter is called "${name}"`);
const hotKeys = Array.from({ length: hot }, (_, at) => address(at * 7919));
const sample = Array.from({ length: SAMPLE }, () => address(Math.floor(random() * keys)));
gc();
const before = process.memoryUsage();
const subject = await make({ quota: 1_000_000, windowMs: 600_000 }, keys);
const startInsert = cpuSeconds();
for (let at = 0; at < keys; at += 1) {
  const answer = subject.decide(address(at));
  if (typeof answer !== 'boolean') await answer;
}
const insertPerSecond = keys / (cpuSeconds() - startInsert);
gc();
const after = process.memoryUsage();
const bytesPerKey = (after.heapUsed + after.external - before.heapUsed - before.external) / keys;
await run(subject, sample, 1);
const randomPerSecond = await run(subject, sample, 3);
await run(subject, hotKeys, 50);
const hotPerSecond = await run(subject, hotKeys, 1000);

const nanoseconds = new Float64Array(SAMPLE);
for (let at = 0; at < SAMPLE; at += 1) {
  const start = process.hrtime.bigint();
  const answer = subject.decide(sample[at] as string);
  if (typeof answer !== 'boolean') await answer;
  nanoseconds[at] = Number(process.hrtime.bigint() - start);
}
nanoseconds.sort();
const p = (share: number) => nanoseconds[Math.floor(SAMPLE * share)];
console.log(JSON.stringify({ name, keys, insertPerSecond, randomPerSecond, hotPerSecond, bytesPerKey, p50Ns: p(0.5), p99Ns: p(0.99) }));
process.exit(0);
