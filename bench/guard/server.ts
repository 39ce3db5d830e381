import { pairedRatios, type Spread, spreadOf } from '../harness/statistics.ts';
import { startWorker } from '../harness/worker.ts';

export interface ServerState {
  readonly port: number;
  readonly key: string;
  readonly tenant: string;
  readonly clusters: number;
  readonly cpuSeconds: number;
  readonly overload: { readonly limit: number; readonly admitted: number; readonly refused: number };
}

export interface LoadResult {
  readonly good: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly notSent: number;
}

const CONNECTIONS = 32;
const ROUND_SECONDS = 1;
/** `again` is a second round without the guard: what it differs by from the first is what the machine does by itself. */
const KINDS = ['with', 'without', 'again'] as const;

interface Round {
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly cpuUsEach: number;
}

export interface ServerResult {
  readonly rounds: number;
  readonly withGuard: Record<keyof Round, Spread>;
  readonly withoutGuard: Record<keyof Round, Spread>;
  /** With over without, pair by pair. */
  readonly effect: Record<keyof Round, Spread>;
  /** Without over without, measured the same way. */
  readonly control: Record<keyof Round, Spread>;
  readonly wrong: number;
}

/**
 * The whole server with and without its guard: reads of one cluster over 32 connections, from another process, every request from another
 * of 100 000 addresses. Rounds of a second on the same process and connections, the order turning, so that drift meets all kinds alike.
 */
export async function measureServer(roundCount: number): Promise<ServerResult> {
  const server = await startWorker(new URL('server.worker.ts', import.meta.url));
  const { port, key, tenant } = await server.ask<ServerState>({});
  const load = await startWorker(new URL('load.worker.ts', import.meta.url), [`http://127.0.0.1:${port}`, key]);
  const question = { path: `/api/v1/tenants/${tenant}/clusters/cluster-7`, connections: CONNECTIONS, seconds: ROUND_SECONDS };
  let wrong = 0;
  const round = async (kind: (typeof KINDS)[number]): Promise<Round> => {
    const before = await server.ask<ServerState>({ hasGuard: kind === 'with' });
    const { good, seconds, p99Ms, statuses } = await load.ask<LoadResult>(question);
    const after = await server.ask<ServerState>({});
    wrong += Object.values(statuses).reduce((sum, count) => sum + count, 0) - good;
    return { perSecond: good / seconds, p99Ms, cpuUsEach: ((after.cpuSeconds - before.cpuSeconds) / good) * 1e6 };
  };
  for (const kind of KINDS) await round(kind);
  wrong = 0;
  const rounds: Record<(typeof KINDS)[number], Round[]> = { with: [], without: [], again: [] };
  for (let at = 0; at < roundCount; at += 1)
    for (let place = 0; place < KINDS.length; place += 1) {
      const kind = KINDS[(at + place) % KINDS.length] as (typeof KINDS)[number];
      rounds[kind].push(await round(kind));
    }
  await load.stop();
  await server.stop();
  const values = (kind: (typeof KINDS)[number], measure: keyof Round) => rounds[kind].map((one) => one[measure]);
  const each = (of: (measure: keyof Round) => number[]) => ({
    perSecond: spreadOf(of('perSecond')),
    p99Ms: spreadOf(of('p99Ms')),
    cpuUsEach: spreadOf(of('cpuUsEach')),
  });
  return {
    rounds: roundCount,
    withGuard: each((measure) => values('with', measure)),
    withoutGuard: each((measure) => values('without', measure)),
    effect: each((measure) => pairedRatios(values('with', measure), values('without', measure))),
    control: each((measure) => pairedRatios(values('again', measure), values('without', measure))),
    wrong,
  };
}
