import type { Resource } from '../store/resource.ts';
import type { WriteOf } from '../store/store.ts';

/**
 * A write that changes nothing of the tenant but fails as stale when another writer came in between: for decisions that counted what the
 * tenant has, of which two must not both be written.
 */
export function sameTenant({ tenant, name, uid, observation, observed }: Resource<'tenant'>): WriteOf<'tenant'> {
  return { verb: 'observe-if', key: { kind: 'tenant', tenant, name }, uid, expectedObservation: observation, observed };
}
