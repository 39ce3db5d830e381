import type { Resource } from '../store/resource.ts';
import type { WriteOf } from '../store/store.ts';
import { observeIf } from '../store/writes.ts';

/**
 * A write that changes nothing of the tenant but fails as stale when another writer came in between: for decisions that counted what the
 * tenant has, of which two must not both be written.
 */
export const sameTenant = (tenant: Resource<'tenant'>): WriteOf<'tenant'> => observeIf(tenant);
