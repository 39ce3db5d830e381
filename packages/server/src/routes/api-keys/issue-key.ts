import { type ApiKey, LIMITS } from '@openkupe/contract';
import { newApiKey } from '../../auth/new-api-key.ts';
import { conflict, invalidRequest } from '../../errors/refusal.ts';
import type { Resource, ResourceKey } from '../../store/resource.ts';
import type { EventEntry, Write } from '../../store/store.ts';
import { afterWrite, observeIf } from '../../store/writes.ts';
import { renderApiKey } from './render-api-key.ts';

/** A key that is about to be issued. */
interface IssuedKey {
  readonly id: string;
  /** The key itself, which is shown once. */
  readonly text: string;
  readonly writes: readonly Write[];
  readonly events: readonly EventEntry[];
  readonly body: ApiKey;
}

/**
 * One more key of a tenant that has these `keys`; `issued` says in its event what was done. 400 for one key more than a tenant can have,
 * 409 for a tenant that is being deleted. An id that is taken (they are short) loses the commit, and the next round makes another key.
 */
export function issueKey(
  { tenant, keys }: { readonly tenant: Resource<'tenant'>; readonly keys: readonly ResourceKey<'api-key'>[] },
  spec: Parameters<typeof newApiKey>[2],
  issued: string,
  deps: Parameters<typeof newApiKey>[0],
  now: number,
): IssuedKey {
  if (tenant.deletedAt !== undefined) throw conflict(`Tenant "${tenant.name}" is being deleted; it takes no new API keys`, 'terminating');
  if (keys.length >= LIMITS.apiKeysPerTenant) {
    throw invalidRequest(`A tenant can have at most ${LIMITS.apiKeysPerTenant} API keys; delete one that is not used`);
  }
  const { id, text, write } = newApiKey(deps, tenant.name, spec);
  return {
    id,
    text,
    // NOTE: of two that counted the same keys one counts again, and none makes a key of another tenant with the same name.
    writes: [write, observeIf(tenant)],
    events: [{ key: write.key, type: 'created', message: `API key ${id} was ${issued} with role ${spec.role}` }],
    body: renderApiKey(afterWrite(write, now)),
  };
}
