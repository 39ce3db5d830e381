import { type ClusterResources, parseQuantity, type Quantity, ZERO_QUANTITY } from '@openkupe/contract';
import type { ClusterApiSettings } from './cluster-api-settings.ts';

const quantity = (text: string | undefined): Quantity => (text === undefined ? undefined : parseQuantity(text)) ?? ZERO_QUANTITY;

/** The least whole number of times that `part` has to be taken to hold `whole`. */
function timesIn(whole: Quantity, part: Quantity): number {
  const dividend = whole.units * 10n ** BigInt(part.decimals);
  const divisor = part.units * 10n ** BigInt(whole.decimals);
  if (divisor === 0n) return 0;
  return Number(dividend / divisor + (dividend % divisor === 0n ? 0n : 1n));
}

/**
 * Worker nodes that hold the resources of a cluster, by what the settings say of one node. More than `nodes.most` is possible: validation
 * refuses it. Storage is not of a node: it is for the StorageClass of the cluster.
 */
export function nodesFor({ node, nodes }: Pick<ClusterApiSettings, 'node' | 'nodes'>, { cpu, memory }: ClusterResources): number {
  const byCpu = timesIn(quantity(cpu), quantity(node.cpu));
  const byMemory = timesIn(quantity(memory), quantity(node.memory));
  return Math.max(nodes.least, byCpu, byMemory);
}
