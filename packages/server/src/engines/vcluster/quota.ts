import { addQuantities, formatInUnits, parseQuantity, ZERO_QUANTITY } from '@openkupe/contract';
import type { ClusterSpec } from '../../store/resource.ts';
import type { Exposure } from './settings.ts';
import { CONTROL_PLANE, type ContainerResources, DNS, ETCD, REPLICAS, VOLUME_SIZE } from './sizes.ts';

/** Bounds on the number of objects, which protect the host's API server. */
const OBJECT_COUNTS = {
  'count/configmaps': '1000',
  'count/persistentvolumeclaims': '100',
  'count/pods': '250',
  'count/secrets': '1000',
  'count/services': '250',
};

/** The exact sum of quantities in cores or bytes. */
function sum(texts: readonly string[]): string {
  const total = texts.map((text) => parseQuantity(text) ?? ZERO_QUANTITY).reduce(addQuantities, ZERO_QUANTITY);
  return formatInUnits(total, { units: 1n, decimals: 0 });
}

/** The containers of the control plane, which are counted in the same namespace as what the tenant runs. */
function overheadOf(isHighlyAvailable: boolean): readonly ContainerResources[] {
  return isHighlyAvailable ? [DNS, ...Array(REPLICAS).fill(CONTROL_PLANE), ...Array(REPLICAS).fill(ETCD)] : [DNS, CONTROL_PLANE];
}

/**
 * `hard` of the ResourceQuota: what the tenant asked for, and what the control plane takes itself. A resource that was not asked for has no
 * limit. A quota below what is in use is accepted by Kubernetes and refuses only new pods.
 */
export function quotaOf({ resources, highAvailability }: ClusterSpec, exposure: Exposure): Readonly<Record<string, string>> {
  const overhead = overheadOf(highAvailability);
  const hard: Record<string, string> = { ...OBJECT_COUNTS, ...servicesOf(exposure) };
  for (const resource of ['cpu', 'memory'] as const) {
    const asked = resources[resource];
    if (asked === undefined) continue;
    for (const bound of ['requests', 'limits'] as const) {
      hard[`${bound}.${resource}`] = sum([asked, ...overhead.map((container) => container[bound][resource] ?? '0')]);
    }
  }
  const volumes = highAvailability ? 2 * REPLICAS : 1;
  if (resources.storage !== undefined) hard['requests.storage'] = sum([resources.storage, ...Array(volumes).fill(VOLUME_SIZE)]);
  return hard;
}

/** No ports of the nodes for what the tenant runs, and one load balancer, which has to do without them; beside them what the endpoint takes. */
function servicesOf({ by }: Exposure): Readonly<Record<string, string>> {
  const nodePorts = { 'load-balancer': '1', 'node-port': '2' } as Readonly<Record<string, string>>;
  return { 'services.loadbalancers': by === 'load-balancer' ? '2' : '1', 'services.nodeports': nodePorts[by] ?? '0' };
}
