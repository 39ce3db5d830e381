import type { Contestant, Send } from './exchange.ts';
import { overSeeds, type Row } from './measure.ts';
import { elapsedMs, pendingTimers, runVirtual, sleep } from './virtual-time.ts';

const ROUNDS = 20;
const SKIPPED = ['stripe', 'undici', 'page rule', 'bottleneck, told the limit'];

/** I: a call that is told to wait 20 s is aborted at a random moment of that wait. */
export async function cancels(contestants: readonly Contestant[], seeds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const contestant of contestants) {
    if (SKIPPED.includes(contestant.name)) continue;
    rows.push(
      await overSeeds({ scenario: 'I', circumstances: 'abort in a 20 s wait', client: contestant.name, seeds }, async (seed, random) => {
        let worstMs = 0;
        let timersLeft = 0;
        let sentAfter = 0;
        for (let round = 0; round < ROUNDS; round++) {
          let requests = 0;
          const send: Send = async () => {
            requests += 1;
            await sleep(50);
            return { status: 429, headers: { 'retry-after': '20' }, body: '{"error":"Too many requests"}' };
          };
          await runVirtual(async () => {
            const client = contestant.create(send, seed * 100 + round);
            const controller = new AbortController();
            const call = Promise.resolve(client({ method: 'GET', path: '/api/v1/tenants/acme/clusters', signal: controller.signal })).catch(
              () => undefined,
            );
            await sleep(200 + Math.floor(600 * random.unit()));
            const before = requests;
            const abortedAt = elapsedMs();
            controller.abort(new Error('enough'));
            await call;
            worstMs = Math.max(worstMs, elapsedMs() - abortedAt);
            timersLeft = Math.max(timersLeft, pendingTimers());
            await sleep(60_000);
            sentAfter += requests - before;
          }, 200_000);
        }
        return { 'worst ms': worstMs, 'timers left': timersLeft, 'requests after the abort': sentAfter / ROUNDS };
      }),
    );
  }
  return rows;
}
