import type { ClusterRef } from '../engine.ts';

/** The label with the uid of the cluster that an object belongs to. */
export const UID_LABEL = 'kupe.io/cluster-uid';
/** Selects every object of openkupe, of any cluster. */
export const OWNED_BY_OPENKUPE = 'app.kubernetes.io/managed-by=openkupe';

/** The mark of an object that openkupe made for a cluster. Nothing without it is ever changed or deleted. */
export function labelsOf({ tenant, name, uid }: Pick<ClusterRef, 'tenant' | 'name' | 'uid'>): Readonly<Record<string, string>> {
  return { 'app.kubernetes.io/managed-by': 'openkupe', 'kupe.io/tenant': tenant, 'kupe.io/cluster': name, [UID_LABEL]: uid };
}
