import type { Clock } from '@openkupe/contract';
import type { Store } from '../store/store.ts';
import { hashApiKey, isSameHash, parseApiKey } from './api-key.ts';
import type { LastUsed } from './last-used.ts';
import type { Principal } from './principal.ts';

/** Turns a bearer token into a principal; `undefined` for every token that is not valid, whatever the reason. */
export interface Authenticator {
  authenticate(token: string): Promise<Principal | undefined>;
}

/** The authenticator for API keys. Unknown, revoked, expired and wrong keys take the same path and the same time. */
export function createApiKeyAuthenticator(ports: { store: Store; clock: Clock; pepper: Uint8Array; lastUsed: LastUsed }): Authenticator {
  return {
    async authenticate(token) {
      const key = parseApiKey(token);
      if (!key) return undefined;
      const stored = await ports.store.find('api-key', key.id);
      const isGenuine = isSameHash(hashApiKey(key, ports.pepper), stored?.spec.keyHash);
      if (!stored || !isGenuine) return undefined;
      if (stored.spec.expiresAt && Date.parse(stored.spec.expiresAt) <= ports.clock.now()) return undefined;
      ports.lastUsed.note(stored);
      return { tenant: stored.tenant, role: stored.spec.role, actor: stored.name, email: stored.spec.createdBy };
    },
  };
}
