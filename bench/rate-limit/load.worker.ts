/**
 * Load from a process of its own: on request, as much as a number of connections carries one after another, or so many a second whatever
 * comes back. Connections stay open from one question to the next. Given: host and port, key.
 */
import { quantile } from '../harness/statistics.ts';
import { answerQuestions } from '../harness/worker.ts';

const [origin = '', key = ''] = process.argv.slice(2);
const ADDRESSES = 100_000;

// A computed name, because the package is not part of the workspace.
const load = async (library: string) => import(library);
const { Pool } = await load('undici');

interface Question {
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  /** An open loop; when every connection waits for an answer, a request is not sent: the server is that far behind. */
  readonly perSecond?: number;
  /** One client instead of many. */
  readonly client?: string;
  /** A request that takes longer has failed. */
  readonly timeoutMs?: number;
}

const pools = new Map<string, InstanceType<typeof Pool>>();
const poolOf = ({ connections, client = '' }: Question) => {
  const name = `${connections} ${client}`;
  const known = pools.get(name);
  if (known) return known;
  const pool = new Pool(origin, { connections, pipelining: 1, keepAliveTimeout: 60_000 });
  pools.set(name, pool);
  return pool;
};

let index = 0;
const nextClient = () => {
  index = (index + 7919) % ADDRESSES;
  return `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
};

interface Counts {
  readonly statuses: Record<string, number>;
  readonly goodMs: number[];
  notSent: number;
}

async function once(question: Question, counts: Counts, sinceMs: number): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': question.client ?? nextClient() };
  let outcome: string;
  try {
    const { timeoutMs = 10_000 } = question;
    const options = { path: question.path, method: 'GET', headers, headersTimeout: timeoutMs, signal: AbortSignal.timeout(timeoutMs) };
    const { statusCode, body } = await poolOf(question).request(options);
    await body.dump({ limit: 1 << 24 });
    outcome = String(statusCode);
  } catch {
    outcome = 'failed';
  }
  counts.statuses[outcome] = (counts.statuses[outcome] ?? 0) + 1;
  if (outcome === '200') counts.goodMs.push(performance.now() - sinceMs);
}

async function closedLoop(question: Question, counts: Counts): Promise<void> {
  const end = performance.now() + question.seconds * 1000;
  const connection = async () => {
    for (let now = performance.now(); now < end; now = performance.now()) await once(question, counts, now);
  };
  await Promise.all(Array.from({ length: question.connections }, connection));
}

async function openLoop(question: Question, perSecond: number, counts: Counts): Promise<void> {
  const start = performance.now();
  const running = new Set<Promise<void>>();
  let sent = 0;
  for (let elapsedMs = 0; elapsedMs < question.seconds * 1000; elapsedMs = performance.now() - start) {
    for (; sent < (elapsedMs / 1000) * perSecond; sent += 1) {
      if (running.size >= question.connections) {
        counts.notSent += 1;
        continue;
      }
      // From when it was due, not from when this process came to it.
      const one: Promise<void> = once(question, counts, start + (sent * 1000) / perSecond).finally(() => running.delete(one));
      running.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(running);
}

answerQuestions(async (question: Question) => {
  const counts: Counts = { statuses: {}, goodMs: [], notSent: 0 };
  const start = performance.now();
  if (question.perSecond === undefined) await closedLoop(question, counts);
  else await openLoop(question, question.perSecond, counts);
  const seconds = (performance.now() - start) / 1000;
  const sorted = counts.goodMs.sort((left, right) => left - right);
  const good = sorted.length;
  return { good, seconds, p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99), statuses: counts.statuses, notSent: counts.notSent };
});
