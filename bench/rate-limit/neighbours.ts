import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { contestant, digits, markdown } from '../harness/table.ts';
import { startWorker } from '../harness/worker.ts';
import type { LimitedServer } from './limited-server.worker.ts';
import type { StreamPlan, StreamResult } from './stream.worker.ts';

/** A program beside a flood from the same address. */
export interface NeighbourRow extends StreamResult {
  readonly who: string;
  readonly beside: string;
  readonly limiter: string;
  readonly floodServed: number;
}

const PER_SECOND = '20';
const BURST = '100';
/** The flood is under way before its neighbour begins. */
const AHEAD_MS = 3_000;

type Flood = (server: LimitedServer) => Pick<StreamPlan, 'path' | 'credentials' | 'perSecond'>;

const FLOODS: Readonly<Record<string, Flood>> = {
  '200/s with a good key and new paths': ({ key }) => ({ path: '/clusters/c-{n}', credentials: [key], perSecond: 200 }),
  '200/s with a good key and one path': ({ key }) => ({ path: '/clusters', credentials: [key], perSecond: 200 }),
  '200/s with wrong keys': () => ({ path: '/clusters', credentials: ['forged'], perSecond: 200 }),
  '200/s without a key': () => ({ path: '/clusters', credentials: [], perSecond: 200 }),
};
const GUESSING: Flood = () => ({ path: '/clusters', credentials: ['forged'], perSecond: 10 });

function stream(plan: StreamPlan): Promise<StreamResult> {
  const file = join(import.meta.dirname, 'stream.worker.ts');
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, ['--no-warnings', file], { timeout: 240_000, killSignal: 'SIGKILL' }, (error, out) =>
      error ? reject(error) : resolve(JSON.parse(out) as StreamResult),
    );
    child.stdin?.end(JSON.stringify(plan));
  });
}

interface Case {
  readonly who: string;
  readonly beside: string;
  readonly flood: Flood;
  readonly limiter: string;
  readonly seconds: number;
  /** How many keys the neighbour has, each of them used for the first time; one that it has used before if 0. */
  readonly freshKeys: number;
}

async function run({ who, beside, flood, limiter, seconds, freshKeys }: Case): Promise<NeighbourRow> {
  const worker = await startWorker(new URL('limited-server.worker.ts', import.meta.url), [PER_SECOND, BURST, limiter]);
  try {
    const server = await worker.ask<LimitedServer>({ keys: freshKeys || 1 });
    const { url, keys } = server;
    const mine = { url, path: '/secrets/n-{n}', credentials: keys, obeys: true };
    // A key that its address has used before.
    if (freshKeys === 0) await stream({ ...mine, perSecond: 10, seconds: 0.2 });
    const flooding = stream({ url, ...flood(server), obeys: false, seconds: seconds + AHEAD_MS / 1000 });
    await new Promise((resolve) => setTimeout(resolve, AHEAD_MS));
    const [own, other] = await Promise.all([stream({ ...mine, perSecond: freshKeys > 0 ? freshKeys / seconds : 2, seconds }), flooding]);
    return { who, beside, limiter, ...own, floodServed: other.served };
  } finally {
    await worker.stop();
  }
}

/** A client with a good key that calls twice a second beside floods from its address; then keys that are new there, each used once. */
export async function measureNeighbours(isQuick: boolean): Promise<NeighbourRow[]> {
  const seconds = isQuick ? 10 : 30;
  const rows: NeighbourRow[] = [];
  for (const [beside, flood] of Object.entries(FLOODS).slice(0, isQuick ? 1 : undefined))
    for (const limiter of ['openkupe', 'token bucket'])
      rows.push(await run({ who: 'a key that is used there', beside, flood, limiter, seconds, freshKeys: 0 }));
  const fresh = { who: 'keys that are new there', limiter: 'openkupe', seconds, freshKeys: isQuick ? 10 : 33 };
  rows.push(await run({ ...fresh, beside: '10/s with wrong keys', flood: GUESSING }));
  if (!isQuick) rows.push(await run({ ...fresh, beside: '200/s with wrong keys', flood: FLOODS['200/s with wrong keys'] as Flood }));
  return rows;
}

/** One line per neighbour, flood and limiter. */
export function neighboursTable(rows: readonly NeighbourRow[]): string {
  const headings = ['who', 'beside', 'limiter', 'served', 'p99 wait s', 'of the flood served'];
  const lines = rows.map(({ who, beside, limiter, asked, served, p99Seconds, floodServed }) => [
    who,
    beside,
    contestant(limiter),
    `${served} of ${asked}`,
    digits(p99Seconds),
    String(floodServed),
  ]);
  return markdown(headings, lines);
}
