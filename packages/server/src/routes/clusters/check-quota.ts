import { compareQuantities, counted, type Plan, parseQuantity, ZERO_QUANTITY } from '@openkupe/contract';
import { invalidRequest } from '../../errors/refusal.ts';
import type { TenantObserved } from '../../store/resource.ts';

const DIMENSIONS = { cpu: 'cores', memory: 'GiB', storage: 'GiB' } as const;

/** Refuses an allocation that the plan does not cover, naming the dimension. Amounts are plain numbers in the pool's units. */
export function checkPool(after: TenantObserved['allocated'], plan: Plan): void {
  for (const [dimension, unit] of Object.entries(DIMENSIONS) as [keyof typeof DIMENSIONS, string][]) {
    const wanted = parseQuantity(after[dimension]) ?? ZERO_QUANTITY;
    const pool = parseQuantity(plan.resourcePool[dimension]) ?? ZERO_QUANTITY;
    if (compareQuantities(wanted, pool) <= 0) continue;
    throw invalidRequest(
      `The ${dimension} pool of plan "${plan.name}" is ${plan.resourcePool[dimension]} ${unit}, and ${after[dimension]} ${unit} would be allocated; ask for less, free some, or change the plan`,
      'pool-exceeded',
    );
  }
}

/** Refuses one cluster more than the plan allows. */
export function checkClusterCount(count: number, plan: Plan): void {
  if (count <= plan.maxClusters) return;
  throw invalidRequest(
    `maximum cluster limit reached: plan "${plan.name}" allows ${counted(plan.maxClusters, 'cluster')}; delete one or change the plan`,
    'cluster-limit',
  );
}
