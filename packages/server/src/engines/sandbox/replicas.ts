import type { Observation } from '../engine.ts';
import type { ClusterRecord } from './cluster-record.ts';
import type { Fault } from './faults.ts';

const REPLICAS = 3;
/** Each further replica takes a quarter of the time of the first. */
const PART_OF_PROVISIONING = 4;

/**
 * The replicas of a highly available cluster that are ready: the first with the cluster itself, the others one after the other.
 * `madeForMs` is absent while the first is made. `undefined` for a cluster that is not highly available.
 */
export function replicasOf(record: ClusterRecord, madeForMs: number | undefined, fault: Fault | undefined): Observation['replicas'] {
  if (!record.isHighlyAvailable) return undefined;
  if (madeForMs === undefined) return { controlPlane: 0, etcd: 0 };
  const eachMs = (record.readyAt - record.createdAt) / PART_OF_PROVISIONING;
  const started = eachMs === 0 ? REPLICAS : Math.min(REPLICAS, 1 + Math.floor(madeForMs / eachMs));
  if (fault === 'replica-lost') return { controlPlane: started - 1, etcd: started - 1 };
  return { controlPlane: started, etcd: fault === 'quorum-lost' ? 1 : started };
}
