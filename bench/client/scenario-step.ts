import type { Contestant, SimResponse } from './exchange.ts';
import type { Trial } from './measure.ts';
import { elapsedMs, runVirtual, sleep } from './virtual-time.ts';

const LIST = '/api/v1/tenants/acme/clusters';
const WORKERS = 64;
const HIGH = 1_000;
const LOW = 20;
const DROP_MS = 10_000;
const RISE_MS = 40_000;
const END_MS = 70_000;

const limitAt = (atMs: number) => (atMs >= DROP_MS && atMs < RISE_MS ? LOW : HIGH);

async function once(contestant: Contestant, seed: number, random: { unit(): number }) {
  const startedAt = elapsedMs();
  const now = () => elapsedMs() - startedAt;
  const accepted = new Array<number>(END_MS / 1_000 + 1).fill(0);
  let refused = 0;
  let tokens = HIGH;
  let filledAt = 0;
  const send = async (): Promise<SimResponse> => {
    await sleep(20 + 10 * random.unit());
    const atMs = now();
    const limit = limitAt(atMs);
    tokens = Math.min(limit, tokens + ((atMs - filledAt) / 1_000) * limit);
    filledAt = atMs;
    const isAccepted = tokens >= 1;
    if (isAccepted) {
      tokens -= 1;
      const second = Math.floor(atMs / 1_000);
      accepted[second] = (accepted[second] ?? 0) + 1;
    } else refused += 1;
    await sleep(20 + 10 * random.unit());
    const headers = { 'content-type': 'application/json', ...(isAccepted ? {} : { 'retry-after': '1' }) };
    return { status: isAccepted ? 200 : 429, headers, body: isAccepted ? '{"items":[]}' : '{"error":"Too many requests"}' };
  };
  await runVirtual(async () => {
    const client = contestant.create(send, seed);
    const worker = async () => {
      while (now() < END_MS) await Promise.resolve(client({ method: 'GET', path: LIST })).catch(() => sleep(10));
    };
    await Promise.race([Promise.all(Array.from({ length: WORKERS }, worker)), sleep(END_MS)]);
  }, END_MS + 1_000);
  const isNear = (second: number, limit: number) => (accepted[second] ?? 0) >= 0.5 * limit;
  const firstNear = (from: number, to: number, limit: number) => {
    for (let second = from; second < to; second++) if (isNear(second, limit)) return second - from;
    return Number.POSITIVE_INFINITY;
  };
  const share = (from: number, to: number, limit: number) =>
    accepted.slice(from, to).reduce((sum, count) => sum + count, 0) / ((to - from) * limit);
  const high = Math.min(HIGH, WORKERS / 0.05);
  return {
    'used at 1000/s %': 100 * share(2, 10, high),
    'used at 20/s %': 100 * share(15, 40, LOW),
    's to half of 1000/s again': firstNear(40, 70, high),
    'used after %': 100 * share(60, 70, high),
    refused,
  };
}

const CONTESTANTS = ['openkupe', 'page rule', 'aws adaptive', 'octokit retry+throttling'];

/** E: the limit falls from 1000 to 20 a second and rises again, under 64 busy workers. */
export function stepTrials(contestants: readonly Contestant[]): Trial[] {
  return contestants
    .filter(({ name }) => CONTESTANTS.includes(name))
    .map((contestant) => ({
      group: 'steps',
      scenario: 'E',
      circumstances: `${HIGH} → ${LOW} → ${HIGH} per s`,
      client: contestant.name,
      once: (seed, random) => once(contestant, seed, random),
    }));
}
