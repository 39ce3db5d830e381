import type { Principal } from '../auth/principal.ts';
import { Refusal } from '../errors/refusal.ts';
import type { Store } from '../store/store.ts';

/**
 * Stage 5, second half. A suspended tenant answers nothing, neither reads nor writes, and says why; its clusters run on. Whoever sees
 * this has shown a credential of that very tenant.
 */
export async function checkStanding({ tenant }: Principal, store: Store): Promise<void> {
  if (tenant === '') return;
  const suspended = (await store.get({ kind: 'tenant', tenant, name: tenant }))?.spec.suspended;
  if (!suspended) return;
  throw new Refusal(403, `Tenant "${tenant}" is suspended: ${suspended.reason}; ask the operator of this installation`, {
    code: 'tenant-suspended',
  });
}
