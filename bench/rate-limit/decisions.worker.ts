/**
 * Cost of decisions and of memory for one limiter and one number of keys, in a process of its own. Rates are per second of processor time
 * (of all threads, so that collecting garbage counts), because other work on the machine would blur those of a clock. Prints JSON.
 */
import { LIMITERS, type Subject } from './limiters.ts';

const [name = '', keysText = '', hotText = '1024'] = process.argv.slice(2);
const keys = Number(keysText);
const hot = Number(hotText);
const gc = (globalThis as { gc?: () => void }).gc ?? (() => {});

/** The nth address as a flat string of its own, as a server gets one with every request. */
function address(n: number): string {
  return Buffer.from(`${(n >>> 24) + 11}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`, 'latin1').toString('latin1');
}

const SAMPLE = 400_000;
const MEASURED_SECONDS = 1.5;
const WARMING_SECONDS = 0.1;
let seed = 12345;
const random = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Decides about the whole sample, again and again for this long, and returns how many decisions a second that were. */
async function run(subject: Pick<Subject, 'decide'>, sample: readonly string[], leastSeconds: number): Promise<number> {
  const start = cpuSeconds();
  let done = 0;
  let seconds = 0;
  while (seconds < leastSeconds) {
    for (const key of sample) {
      const answer = subject.decide(key);
      if (typeof answer !== 'boolean') await answer;
    }
    done += sample.length;
    seconds = cpuSeconds() - start;
  }
  return done / seconds;
}

const make = LIMITERS[name];
if (!make) throw new Error(`No limiter is called "${name}"`);
const hotKeys = Array.from({ length: hot }, (_, at) => address(at * 7919));
const sample = Array.from({ length: SAMPLE }, () => address(Math.floor(random() * keys)));
gc();
const before = process.memoryUsage();
// No request is refused or near a limit: that costs more, and not the same for each.
const subject = await make({ quota: 100_000_000, windowMs: 600_000 }, keys);
const startInsert = cpuSeconds();
for (let at = 0; at < keys; at += 1) {
  const answer = subject.decide(address(at));
  if (typeof answer !== 'boolean') await answer;
}
const insertPerSecond = keys / (cpuSeconds() - startInsert);
gc();
const after = process.memoryUsage();
const bytesPerKey = (after.heapUsed + after.external - before.heapUsed - before.external) / keys;
await run(subject, sample, 0);
const randomPerSecond = await run(subject, sample, MEASURED_SECONDS);
await run(subject, hotKeys, WARMING_SECONDS);
const hotPerSecond = await run(subject, hotKeys, MEASURED_SECONDS / 2);

const nanoseconds = new Float64Array(SAMPLE);
for (let at = 0; at < SAMPLE; at += 1) {
  const start = process.hrtime.bigint();
  const answer = subject.decide(sample[at] as string);
  if (typeof answer !== 'boolean') await answer;
  nanoseconds[at] = Number(process.hrtime.bigint() - start);
}
nanoseconds.sort();
const p = (share: number) => nanoseconds[Math.floor(SAMPLE * share)];
console.log(JSON.stringify({ insertPerSecond, randomPerSecond, hotPerSecond, bytesPerKey, p50Ns: p(0.5), p99Ns: p(0.99) }));
process.exit(0);
