import type { Random } from '@openkupe/contract';
import { seal, unsealJson } from '../crypto/seal.ts';
import type { ResourceKey, WebhookSpec } from '../store/resource.ts';

/** Which webhook: a later one of the same name cannot use what was sealed for this one. */
type Owner = Pick<ResourceKey<'webhook'>, 'tenant' | 'name'> & { readonly uid: string };

const contextOf = ({ tenant, name, uid }: Owner) => `webhook:${tenant}/${name}/${uid}`;

/** Secrets, newest first, as they are stored. `key`: 32 bytes. */
export function sealSecrets(secrets: readonly string[], owner: Owner, key: Uint8Array, random: Random): string {
  return seal(JSON.stringify(secrets), contextOf(owner), key, random);
}

/** The secrets that sign at a time, newest first. @throws {BrokenDataError} */
export function signingSecrets(spec: WebhookSpec, owner: Owner, key: Uint8Array, nowMs: number): readonly string[] {
  const secrets = unsealJson<string[]>(spec.sealed, contextOf(owner), key, `webhook "${owner.tenant}/${owner.name}"`);
  return secrets.slice(0, spec.oldSecretEndsAt !== undefined && spec.oldSecretEndsAt > nowMs ? 2 : 1);
}
