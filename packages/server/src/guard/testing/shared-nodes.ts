import type { Clock } from '@openkupe/contract';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import type { LogFields } from '../../log.ts';
import { createGuard, type GuardLimits } from '../create-guard.ts';
import type { SharedStore } from '../shared-store.ts';
import { createExchangeMirror } from './exchange-mirror.ts';

/** What happens to an exchange on its way. */
type Disturb = (exchange: SharedStore['exchange']) => SharedStore['exchange'];

export const present: Disturb = (exchange) => exchange;
export const away: Disturb = () => () => Promise.reject(new Error('connect ECONNREFUSED'));
/** The store counts, and its answers are lost. */
export const deaf: Disturb = (exchange) => async (telling) => {
  await exchange(telling);
  throw new Error('the answer was lost');
};
/** It takes this long there, and back. */
export const slow =
  (clock: Clock, leastMs: number, mostMs = leastMs): Disturb =>
  (exchange) => {
    const random = createSeededRandom(1);
    const way = () => clock.sleep(leastMs + random.unit() * (mostMs - leastMs));
    return async (telling) => {
      await way();
      const answer = await exchange(telling);
      await way();
      return answer;
    };
  };

/** Nodes that share a store on one manual clock. They exchange when a test says so. */
export function createSharedNodes(given: { nodes?: number; servers?: number; limits?: Partial<GuardLimits> } = {}) {
  const clock = createManualClock();
  const mirror = createExchangeMirror();
  const lines: { fields: LogFields; message: string }[] = [];
  const log = { warn: (fields: LogFields, message: string) => void lines.push({ fields, message }) };
  let disturb = present;
  const exchange: SharedStore['exchange'] = async (telling) => mirror.run(telling, clock.monotonic());
  const store: SharedStore = { exchange: (telling) => disturb(exchange)(telling), close() {} };
  const { nodes = 1, servers = 1, limits } = given;
  const guards = Array.from({ length: nodes }, (_, seed) => {
    const sharing = { clock, store, servers };
    return createGuard({ clock, log, random: createSeededRandom(seed), limits: { addresses: 4096, ...limits }, sharing });
  });
  return {
    clock,
    lines,
    guards,
    guard: guards[0] as (typeof guards)[number],
    async everyone() {
      for (const { sharing } of guards) await sharing?.exchange();
    },
    disturb(how: Disturb) {
      disturb = how;
    },
    /** How many of so many requests at once a node admits. */
    take: (node: number, times: number, address = '192.0.2.1') =>
      Array.from({ length: times }, () => guards[node]?.admit({ address })).filter((admission) => admission?.isAdmitted).length,
    retryAfter: (address = '192.0.2.1') => Number(guards[0]?.admit({ address }).headers['retry-after'] ?? 0),
  };
}
