import { LIMITS } from '@openkupe/contract';

/** Whose limit is reached. */
export type FullOf = 'caller' | 'tenant' | 'together';

/** Counts open streams, so that no caller and no tenant takes the connections of the others. */
export interface StreamSlots {
  /** A slot until it is disposed of, or whose limit is reached. */
  take(tenant: string, caller: string): Disposable | FullOf;
}

/** The slots of one process, of which `together` may be taken. */
export function createStreamSlots(together: number): StreamSlots {
  const counts = new Map<string, number>();
  let total = 0;
  const add = (key: string, change: 1 | -1) => {
    const count = (counts.get(key) ?? 0) + change;
    if (count === 0) counts.delete(key);
    else counts.set(key, count);
  };
  return {
    take(tenant, caller) {
      const keys = [tenant, `${tenant}/${caller}`] as const;
      if ((counts.get(keys[1]) ?? 0) >= LIMITS.streamsPerCaller) return 'caller';
      if ((counts.get(keys[0]) ?? 0) >= LIMITS.streamsPerTenant) return 'tenant';
      if (total >= together) return 'together';
      total += 1;
      for (const key of keys) add(key, 1);
      let isTaken = true;
      return {
        [Symbol.dispose]() {
          if (!isTaken) return;
          isTaken = false;
          total -= 1;
          for (const key of keys) add(key, -1);
        },
      };
    },
  };
}
