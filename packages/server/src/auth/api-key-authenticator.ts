import type { Clock } from '@openkupe/contract';
import type { Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import { hashApiKey, isSameHash, parseApiKey } from './api-key.ts';
import type { Authenticator } from './authenticator.ts';
import type { LastUsed } from './last-used.ts';

/** No key has this id: an id is eight hexadecimal digits. */
const MISSING_ID = 'ak-missing';

/** Whether it has expired, or was replaced and the overlap is over. */
function hasEnded({ spec }: Resource<'api-key'>, nowMs: number): boolean {
  return (
    (spec.expiresAt !== undefined && Date.parse(spec.expiresAt) <= nowMs) ||
    (spec.replacedBy !== undefined && spec.replacedBy.endsAt <= nowMs)
  );
}

/**
 * The authenticator for API keys. Unknown, revoked, expired and wrong keys take the same path and the same time. A key has ended as soon as
 * either time says so: setting the wall clock back revives none, and while it is ahead, refusing is the safe side.
 */
export function createApiKeyAuthenticator(ports: {
  store: Store;
  clock: Clock;
  confirmedTime: Pick<ConfirmedTime, 'now'>;
  pepper: Uint8Array;
  lastUsed: LastUsed;
}): Authenticator {
  let presentId = MISSING_ID;
  return {
    async authenticate(token) {
      const key = parseApiKey(token);
      if (!key) return { outcome: 'invalid' };
      const stored = await ports.store.find('api-key', key.id);
      const isGenuine = isSameHash(hashApiKey(key, ports.pepper), stored?.spec.keyHash);
      if (stored) presentId = stored.name;
      if (!stored || !isGenuine || hasEnded(stored, Math.max(ports.clock.now(), ports.confirmedTime.now()))) {
        // A row that is there takes longer to read than one that is not, so each refusal has read one of each.
        await ports.store.find('api-key', stored ? MISSING_ID : presentId);
        return { outcome: 'invalid' };
      }
      ports.lastUsed.note(stored);
      const roles = new Map([[stored.tenant, stored.spec.role]]);
      return {
        outcome: 'identified',
        identity: { kind: 'api-key', actor: stored.name, email: stored.spec.createdBy, isEmailVerified: false, roles },
      };
    },
  };
}
