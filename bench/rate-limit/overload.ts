import { digits, markdown, percent } from '../harness/table.ts';
import { startWorker } from '../harness/worker.ts';
import type { Shedding } from './shedding.ts';

/** Where the server is. */
export interface ServerState {
  readonly port: number;
  readonly key: string;
  readonly tenant: string;
}

/** What became of one load. */
interface LoadResult {
  readonly good: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly notSent: number;
}

/** Lists in an open loop, with one way of shedding load. */
export interface OverloadRow {
  readonly ofCapacity: number;
  readonly shedding: Shedding;
  readonly offeredPerSecond: number;
  /** Answered 200. */
  readonly goodPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly refused: number;
  /** Failed, or not sent because thousands were waiting already. */
  readonly lost: number;
}

/** A client that reads once a second beside clients that always have many lists in flight. */
export interface MouseRow {
  readonly elephants: number;
  readonly shedding: Shedding;
  readonly asked: number;
  readonly servedShare: number;
  readonly p99Ms: number;
  readonly elephantsPerSecond: number;
}

/** Both, and what the server can do at most. */
export interface OverloadResult {
  readonly capacityPerSecond: number;
  readonly rows: readonly OverloadRow[];
  readonly mice: readonly MouseRow[];
}

interface OverloadPlan {
  readonly secondsEach: number;
  readonly factors: readonly number[];
  readonly elephants: readonly number[];
}

const QUICK: OverloadPlan = { secondsEach: 2, factors: [2], elephants: [4] };
const FULL: OverloadPlan = { secondsEach: 8, factors: [1, 2, 5], elephants: [1, 4, 16] };
/** What an elephant has in flight at any time. */
const ELEPHANT_CONNECTIONS = 64;
const CAPACITY_CONNECTIONS = 16;
/** A connection for everybody who may be waiting, so that they queue at the server and not in front of it. */
const OPEN_CONNECTIONS = 2000;
const CONNECTING_SECONDS = 5;
/** Five mice, one request a second each, who wait two seconds for an answer. */
const MICE = { perSecond: 5, connections: 5, client: '198.51.100.1', timeoutMs: 2000 };
const REST_MS = 1500;

const SHEDDING: readonly Shedding[] = ['by priority', 'one cap', 'none'];

const rest = () => new Promise((resolve) => setTimeout(resolve, REST_MS));

/**
 * The composed server beyond its capacity, as it sheds load, with one cap for all priorities, and with none: lists of a hundred clusters in an open
 * loop, every request from another address; then single reads of a mouse beside elephants that always have 64 lists in flight each.
 */
export async function measureOverload(isQuick: boolean): Promise<OverloadResult> {
  const plan = isQuick ? QUICK : FULL;
  const server = await startWorker(new URL('server.worker.ts', import.meta.url));
  const { port, key, tenant } = await server.ask<ServerState>({});
  const given = [`http://127.0.0.1:${port}`, key];
  const [load, mouse] = await Promise.all([
    startWorker(new URL('load.worker.ts', import.meta.url), given),
    startWorker(new URL('load.worker.ts', import.meta.url), given),
  ]);
  const lists = `/api/v1/tenants/${tenant}/clusters`;

  const closed = { path: lists, connections: CAPACITY_CONNECTIONS, seconds: plan.secondsEach };
  await load.ask<LoadResult>({ ...closed, seconds: 1 });
  const { good, seconds } = await load.ask<LoadResult>(closed);
  const capacityPerSecond = good / seconds;

  // Two thousand connections at once are more than a listening socket takes; they are made before anything is measured.
  await load.ask<LoadResult>({ ...closed, connections: OPEN_CONNECTIONS, seconds: CONNECTING_SECONDS });

  const rows: OverloadRow[] = [];
  for (const ofCapacity of plan.factors) {
    for (const shedding of SHEDDING) {
      await server.ask({ shedding });
      await rest();
      const perSecond = Math.round(capacityPerSecond * ofCapacity);
      const open = { path: lists, connections: OPEN_CONNECTIONS, seconds: plan.secondsEach, perSecond };
      const result = await load.ask<LoadResult>(open);
      const answered = Object.values(result.statuses).reduce((sum, count) => sum + count, 0);
      const refused = result.statuses['503'] ?? 0;
      rows.push({
        ofCapacity,
        shedding,
        offeredPerSecond: perSecond,
        goodPerSecond: result.good / result.seconds,
        p50Ms: result.p50Ms,
        p99Ms: result.p99Ms,
        refused,
        lost: answered - result.good - refused + result.notSent,
      });
    }
  }

  const mice: MouseRow[] = [];
  for (const elephants of plan.elephants) {
    for (const shedding of SHEDDING) {
      await server.ask({ shedding });
      await rest();
      const herd = { path: lists, connections: elephants * ELEPHANT_CONNECTIONS, seconds: plan.secondsEach + 1 };
      const elephantsRun = load.ask<LoadResult>(herd);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const quiet = await mouse.ask<LoadResult>({ path: `${lists}/cluster-7`, seconds: plan.secondsEach, ...MICE });
      const loud = await elephantsRun;
      const asked = Object.values(quiet.statuses).reduce((sum, count) => sum + count, 0);
      const elephantsPerSecond = loud.good / loud.seconds;
      mice.push({ elephants, shedding, asked, servedShare: quiet.good / asked, p99Ms: quiet.p99Ms, elephantsPerSecond });
    }
  }
  for (const one of [load, mouse, server]) await one.stop();
  return { capacityPerSecond, rows, mice };
}

/** One table of the open loop, and one of the clients beside each other. */
export function overloadTable(overload: OverloadResult): string {
  const rows = overload.rows.map((row) => [
    `${row.ofCapacity}×`,
    row.shedding,
    digits(row.offeredPerSecond),
    digits(row.goodPerSecond),
    digits(row.p50Ms),
    digits(row.p99Ms),
    digits(row.refused),
    digits(row.lost),
  ]);
  const mice = overload.mice.map((row) => [
    digits(row.elephants),
    row.shedding,
    percent(row.servedShare),
    digits(row.p99Ms),
    digits(row.elephantsPerSecond),
  ]);
  return [
    `Capacity: ${digits(overload.capacityPerSecond)} lists a second.`,
    markdown(['offered', 'sheds load', 'lists/s', 'answered/s', 'p50 ms', 'p99 ms', '503', 'lost'], rows),
    markdown(['elephants', 'sheds load', 'mouse served within 2 s', 'mouse p99 ms', "elephants' lists/s"], mice),
  ].join('\n\n');
}
