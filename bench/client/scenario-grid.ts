import type { Random } from '@openkupe/contract/random';
import type { Contestant } from './exchange.ts';
import { type Cell, drawCell, idealMs } from './grid-cell.ts';
import { createLimitedServer } from './limited-server.ts';
import { jain, type Measures, type Trial } from './measure.ts';
import { elapsedMs, runVirtual } from './virtual-time.ts';

const LIST = '/api/v1/tenants/acme/clusters';
const LIMIT_MS = 3_600_000;
const CONTESTANTS = ['aws adaptive', 'page rule', 'atb'];

/** Lets clients of one kind work through a cell, and measures how it ended. */
export async function playCell(contestant: Contestant, cell: Cell, seed: number, random: Random): Promise<Measures> {
  const { keys, callsEach, workersEach } = cell;
  const server = createLimitedServer({ ...cell, retryAfter: 'next-token', hasFields: false, random });
  const startedAt = elapsedMs();
  let done = 0;
  let lastAtMs = 0;
  const idealEndMs = idealMs(cell);
  const early = new Array<number>(keys).fill(0);
  const connections = Array.from({ length: keys }, () => server.connect());
  const worker = async (call: ReturnType<Contestant['create']>, left: { calls: number }, index: number) => {
    while (left.calls > 0) {
      left.calls -= 1;
      await Promise.resolve(call({ method: 'GET', path: LIST })).then(
        () => {
          done += 1;
          lastAtMs = elapsedMs() - startedAt;
          if (lastAtMs <= idealEndMs / 2) early[index] = (early[index] as number) + 1;
        },
        () => {},
      );
    }
  };
  const key = async ({ send }: (typeof connections)[number], index: number) => {
    const call = contestant.create(send, seed * 1_000 + index);
    const left = { calls: callsEach };
    await Promise.all(Array.from({ length: workersEach }, () => worker(call, left, index)));
  };
  await runVirtual(() => Promise.all(connections.map(key)), LIMIT_MS);
  const calls = keys * callsEach;
  return {
    'done %': (100 * done) / calls,
    '× ideal': done === calls ? lastAtMs / idealEndMs : Number.POSITIVE_INFINITY,
    '429/call': connections.reduce((sum, { counts }) => sum + counts.refused, 0) / calls,
    ...(keys > 1 ? { Jain: jain(early) } : {}),
  };
}

/** K: limits that nothing was tuned on, drawn anew for each run: one cell for each seed. */
export function gridTrials(ours: Contestant, others: readonly Contestant[]): Trial[] {
  return [ours, ...others.filter(({ name }) => CONTESTANTS.includes(name))].map((contestant) => ({
    group: 'grid',
    scenario: 'K',
    circumstances: 'a random grid',
    client: contestant.name,
    isDrawn: true,
    once: (seed, random) => playCell(contestant, drawCell(random), seed, random),
  }));
}
