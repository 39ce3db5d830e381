import type { Random } from '@openkupe/contract/random';
import type { Contestant, Send } from './exchange.ts';
import type { Measures, Trial } from './measure.ts';
import { elapsedMs, pendingTimers, runVirtual, sleep } from './virtual-time.ts';

const ROUNDS = 20;
/** They cannot be aborted at all: no signal is taken. */
const SKIPPED = ['stripe', 'page rule', 'bottleneck (told the limit)'];
/** When the timers are counted, for everyone alike: a client that has let go by now has let go at once. */
const SOON_MS = 5;
const WATCHED_MS = 60_000;

interface Abort {
  readonly tookMs: number;
  readonly timersLeft: number;
  readonly sentAfter: number;
}

async function abortOnce(contestant: Contestant, seed: number, random: Random): Promise<Abort> {
  let requests = 0;
  const send: Send = async () => {
    requests += 1;
    await sleep(50);
    return { status: 429, headers: { 'retry-after': '20' }, body: '{"error":"Too many requests"}' };
  };
  const seen = { tookMs: Number.POSITIVE_INFINITY, timersLeft: 0, sentAfter: 0 };
  await runVirtual(async () => {
    const client = contestant.create(send, seed);
    const controller = new AbortController();
    let abortedAt = 0;
    const ended = () => {
      seen.tookMs = elapsedMs() - abortedAt;
    };
    Promise.resolve(client({ method: 'GET', path: '/api/v1/tenants/acme/clusters', signal: controller.signal })).then(ended, ended);
    await sleep(200 + Math.floor(600 * random.unit()));
    const before = requests;
    abortedAt = elapsedMs();
    controller.abort(new Error('enough'));
    await sleep(SOON_MS);
    seen.timersLeft = pendingTimers();
    await sleep(WATCHED_MS);
    seen.sentAfter = requests - before;
  }, 200_000);
  return seen;
}

async function once(contestant: Contestant, seed: number, random: Random): Promise<Measures> {
  const aborts: Abort[] = [];
  for (let round = 0; round < ROUNDS; round++) aborts.push(await abortOnce(contestant, seed * 100 + round, random));
  return {
    'worst ms': Math.max(...aborts.map(({ tookMs }) => tookMs)),
    'timers left after 5 ms': Math.max(...aborts.map(({ timersLeft }) => timersLeft)),
    'requests after the abort': aborts.reduce((sum, { sentAfter }) => sum + sentAfter, 0) / ROUNDS,
  };
}

/** I: a call with a Retry-After of 20 s is aborted at a random moment of that wait. */
export function cancelTrials(contestants: readonly Contestant[]): Trial[] {
  return contestants
    .filter(({ name }) => !SKIPPED.includes(name))
    .map((contestant) => ({
      group: 'cancels',
      scenario: 'I',
      circumstances: 'abort in a 20 s wait',
      client: contestant.name,
      once: (seed, random) => once(contestant, seed, random),
    }));
}
