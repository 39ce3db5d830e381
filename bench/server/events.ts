import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OPERATOR_PREFIX } from '../../packages/contract/src/index.ts';
import { alternate, type Compared, compare } from '../harness/alternate.ts';
import { quantile } from '../harness/statistics.ts';
import { startWorker, type TalkingWorker } from '../harness/worker.ts';
import { fillStore, startServer, UNLIMITED } from './openkupe.ts';
import { headersOf } from './parts.ts';
import { cpuSeconds, memoryMiB } from './process-usage.ts';
import type { Arrivals } from './streams.worker.ts';

const READERS = 1_000;
const TENANTS = 10;
const STREAMS_PER_KEY = 100;
/** Streams of one tenant, and of all. */
export const MANY = TENANTS * READERS;
const INTERVAL_MS = 400;
/** What the server takes at most, so that its share for streams holds {@link MANY}. */
const CONNECTIONS = '15000';
const ROOM = { OPENKUPE_CONNECTIONS: CONNECTIONS, OPENKUPE_CONNECTIONS_PER_ADDRESS: CONNECTIONS };

/** The names of the contestants. */
export const HUB = 'openkupe';
const POLLED = 'a read of the store per stream, 4 a second';

type Measured = 'p99Ms' | 'p50Ms' | 'cpuMs';

/** What {@link measureEvents} finds. */
export interface EventResults {
  /** From sending a change to its event at each of 1,000 readers, and processor time of the server for each change. */
  readonly fanOut: readonly Compared<Measured>[];
  /** The same with 10,000 streams open, of which 1,000 show the event, and what one stream takes. */
  readonly many: { readonly p99Ms: number; readonly kibEach: number };
}

/** Issues a key of a tenant through the operator's socket. */
function issueKey(folder: string, tenant: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = `${OPERATOR_PREFIX}/tenants/${tenant}/apikeys`;
    const sent = request({ socketPath: join(folder, 'operator.sock'), method: 'POST', path }, async (response) => {
      let text = '';
      for await (const piece of response) text += piece;
      resolve((JSON.parse(text) as { key: string }).key);
    });
    sent.once('error', reject);
    sent.setHeader('content-type', 'application/json');
    sent.end(JSON.stringify({ displayName: 'bench', role: 'readonly' }));
  });
}

const pathOf = (tenant: string) => `/api/v1/tenants/${tenant}/events?watch=true&kind=cluster`;

async function openStreams(readers: TalkingWorker, folder: string, port: number, tenant: string): Promise<void> {
  const keys = await Promise.all(Array.from({ length: READERS / STREAMS_PER_KEY }, () => issueKey(folder, tenant)));
  await readers.ask({ verb: 'open', port, path: pathOf(tenant), keys, count: READERS });
}

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** Makes `count` changes, and measures when each of the readers got their events. */
async function measureDelays(readers: TalkingWorker, { port, pid }: { port: number; pid: number }, count: number, headers = {}) {
  const sentAt = new Map<string, number>();
  const before = cpuSeconds(pid);
  for (let at = 0; at < count; at += 1) {
    const started = nowMs();
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/tenants/demo/clusters/c7`, {
      method: Object.keys(headers).length > 0 ? 'PATCH' : 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ alerts: { at: started } }),
    });
    sentAt.set(((await response.json()) as { resourceVersion: string }).resourceVersion, started);
    await sleep(INTERVAL_MS);
  }
  await sleep(2 * INTERVAL_MS);
  const cpuMs = ((cpuSeconds(pid) - before) / count) * 1_000;
  const arrivals = await readers.ask<Arrivals>({ verb: 'arrivals' });
  const delays = [...sentAt].flatMap(([revision, at]) => (arrivals[revision] ?? []).map((arrived) => arrived - at));
  if (delays.length !== count * READERS) throw new Error(`${delays.length} of ${count * READERS} events arrived`);
  return { p99Ms: quantile(delays, 0.99), p50Ms: quantile(delays, 0.5), cpuMs };
}

/** Fan-out to 1,000 readers beside the simplest way, and 10,000 open streams. */
export async function measureEvents(isQuick: boolean): Promise<EventResults> {
  const scratch = mkdtempSync(join(tmpdir(), 'openkupe-bench-'));
  const [count, rounds] = isQuick ? [5, 2] : [20, 3];
  const folder = join(scratch, 'hub');
  await (await startServer(folder, UNLIMITED)).stop();
  await fillStore(folder, READERS / STREAMS_PER_KEY, TENANTS - 1);
  const server = await startServer(folder, { ...UNLIMITED, ...ROOM, OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '1' });
  const polled = await startWorker(new URL('polled-streams.worker.ts', import.meta.url));
  const simplest = await polled.ask<{ pid: number; port: number }>({ folder: mkdtempSync(join(scratch, 'polled-')) });
  const [readers, polling] = await Promise.all([0, 1].map(() => startWorker(new URL('streams.worker.ts', import.meta.url))));
  if (!readers || !polling) throw new Error('The readers did not start');
  await openStreams(readers, folder, server.port, 'demo');
  await polling.ask({ verb: 'open', port: simplest.port, path: '/', keys: [''], count: READERS });
  const headers = headersOf(folder);
  const contestants = [
    { name: POLLED, run: () => measureDelays(polling, simplest, count) },
    { name: HUB, run: () => measureDelays(readers, server, count, headers) },
  ];
  const fanOut = compare(await alternate(contestants, rounds), POLLED);
  await polled.stop();
  await polling.stop();
  const before = memoryMiB(server.pid);
  for (let tenant = 0; tenant < TENANTS - 1; tenant += 1) await openStreams(readers, folder, server.port, `t${tenant}`);
  await sleep(5_000);
  const kibEach = ((memoryMiB(server.pid) - before) * 1024) / (MANY - READERS);
  const { p99Ms } = await measureDelays(readers, server, count, headers);
  await readers.stop();
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
  return { fanOut, many: { p99Ms, kibEach } };
}
