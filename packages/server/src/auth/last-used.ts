import type { Clock } from '@openkupe/contract';
import type { Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';
import { observeIf } from '../store/writes.ts';
import { plainAddress } from './address-ranges.ts';
import { UNKNOWN_ADDRESS } from './authenticator.ts';

/**
 * Remembers when and from where keys were used and writes it down now and then, so that a read costs no write. `lastUsedAt` is at most a minute
 * old, and at most this many keys wait to be written.
 */
export interface LastUsed {
  note(key: Resource<'api-key'>, address: string): void;
  /** Writes what is waiting. A key that is gone meanwhile is forgotten. */
  flush(): Promise<void>;
}

const COARSE_MS = 60_000;
const WAITING_KEYS = 10_000;

/** Makes a record of uses; `flush` has to be called regularly. */
export function createLastUsed(ports: { store: Store; clock: Clock }): LastUsed {
  const waiting = new Map<string, { key: Resource<'api-key'>; usedAt: number; address: string }>();
  return {
    note(key, address) {
      const now = ports.clock.now();
      // NOTE: the difference, not the time since: what was written while the wall clock was ahead must not stay the last use until then.
      if (Math.abs(now - (key.observed.lastUsedAt ?? 0)) < COARSE_MS) return;
      if (waiting.size < WAITING_KEYS || waiting.has(key.name)) waiting.set(key.name, { key, usedAt: now, address });
    },
    async flush() {
      const entries = [...waiting.values()];
      waiting.clear();
      await Promise.all(
        entries.map(async ({ key, usedAt, address }) => {
          const current = await ports.store.get({ kind: 'api-key', tenant: key.tenant, name: key.name });
          if (!current || current.uid !== key.uid) return;
          await ports.store.commit({
            at: usedAt,
            // NOTE: the address of an earlier use is not shown for a later one.
            writes: [
              observeIf(current, { lastUsedAt: usedAt, ...(address !== UNKNOWN_ADDRESS && { lastUsedFrom: plainAddress(address) }) }),
            ],
          });
        }),
      );
    },
  };
}
