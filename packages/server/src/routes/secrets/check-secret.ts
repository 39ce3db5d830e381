import { LIMITS, type SyncTarget } from '@openkupe/contract';
import { invalidField, invalidRequest } from '../../errors/refusal.ts';

/** Refuses more targets than all secrets of a tenant may have together; `before` are those of the others. */
export function checkTargetCount(before: number, added: number): void {
  const { syncTargetsPerTenant: most } = LIMITS;
  if (added === 0 || before + added <= most) return;
  throw invalidRequest(
    `All secrets of a tenant can have at most ${most} targets together, and there would be ${before + added}; remove some first`,
    'target-limit',
  );
}

/** Refuses two targets that are the same Kubernetes Secret. */
export function checkTargets(name: string, sync: readonly SyncTarget[]): void {
  const seen = new Set<string>();
  for (const [index, { cluster, namespace, secretName = name }] of sync.entries()) {
    const place = `${cluster}/${namespace}/${secretName}`;
    if (seen.has(place)) {
      throw invalidField(`sync/${index}`, `sync.${index} names ${place}, which an earlier target names already; leave one of them out`);
    }
    seen.add(place);
  }
}
