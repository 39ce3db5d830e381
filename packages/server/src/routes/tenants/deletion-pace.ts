import type { Random } from '@openkupe/contract';
import { commitInRounds } from '../../store/commit.ts';
import type { Resource } from '../../store/resource.ts';
import type { Store } from '../../store/store.ts';
import { newUid, updateIf } from '../../store/writes.ts';
import { CONFIRM_MS, type ConfirmedTime } from '../../time/confirmed-time.ts';

/** How often the deletion of one tenant may be asked for: once a minute, so that a loop gone wrong cannot guess its way through. */
export interface DeletionPace {
  /** Counts an attempt: milliseconds to wait before another one, 0 when this one may go on. */
  count(tenant: Pick<Resource<'tenant'>, 'name'>): Promise<number>;
}

const INTERVAL_MS = 60_000;
/** How far the clocks of two processes may be apart: as long as a step of the wall clock is held back. Milliseconds. */
const MOST_AHEAD_MS = CONFIRM_MS;

/** Keeps the last attempt in the store, so that it counts for every process. */
export function createDeletionPace({
  store,
  confirmedTime,
  random,
}: {
  readonly store: Pick<Store, 'get' | 'commit'>;
  /** No step of the wall clock shortens or prolongs the wait. */
  readonly confirmedTime: Pick<ConfirmedTime, 'now'>;
  readonly random: Random;
}): DeletionPace {
  return {
    count: ({ name: tenant }) =>
      commitInRounds('count an attempt to delete a tenant', async () => {
        const key = { kind: 'deletion-attempt', tenant, name: 'last' } as const;
        const row = await store.get(key);
        const at = confirmedTime.now();
        const passedMs = at - (row?.spec.at ?? 0);
        // NOTE: negative where the clock of the process that counted is ahead. Further ahead than MOST_AHEAD_MS it was wrong, and counts nothing.
        if (passedMs > -MOST_AHEAD_MS && passedMs < INTERVAL_MS) return INTERVAL_MS - passedMs;
        const write = row ? updateIf(row, { at }) : ({ verb: 'create', key, uid: newUid(random), spec: { at }, observed: {} } as const);
        const { outcome } = await store.commit({ at, writes: [write] });
        return outcome === 'written' ? 0 : undefined;
      }),
  };
}
