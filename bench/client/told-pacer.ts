import type { Contestant } from './exchange.ts';
import type { Cell } from './grid-cell.ts';
import { rateOf } from './limiters.ts';
import { elapsedMs, sleep } from './virtual-time.ts';

const STEP_MS = 100;
const NEARLY = 1e-6;

/**
 * Not a rival but a yardstick for a cell: each key sends at its equal share of the limit, of which it is told everything: the rate, the burst,
 * when it changes, how many share it; not when the others send. A refused request waits for its `Retry-After`
 * and takes its turn again, as often as it takes.
 */
export function toldPacer({ limit, change, keys }: Cell): Contestant {
  const perMs = () => (rateOf(limit) * (change && elapsedMs() >= change.atMs ? change.factor : 1)) / keys / 1_000;
  const depth = limit.kind === 'steady' ? Math.max(1, Math.floor(limit.burst / keys)) : 1;
  return {
    name: 'told the limit',
    version: '',
    create(send) {
      let tokens = depth;
      let filledAt = 0;
      let line = Promise.resolve();
      const turn = async () => {
        for (;;) {
          const now = elapsedMs();
          tokens = Math.min(depth, tokens + (now - filledAt) * perMs());
          filledAt = now;
          if (tokens >= 1 - NEARLY) break;
          await sleep(Math.min(STEP_MS, (1 - tokens) / perMs()));
        }
        tokens -= 1;
      };
      return async ({ method, path }) => {
        for (;;) {
          line = line.then(turn);
          await line;
          const { status, headers } = await send({ method, path, headers: {} });
          if (status !== 429) return;
          await sleep(Number(headers['retry-after']) * 1_000);
        }
      };
    },
  };
}
