import type { ClusterSpec } from '../../../store/resource.ts';
import type { ClusterApiSettings } from '../cluster-api-settings.ts';

/** Settings for the ClusterClass of the in-memory provider. */
export const IN_MEMORY: ClusterApiSettings = {
  clusterClass: { name: 'in-memory', namespace: 'kupe-classes' },
  workersClass: 'default-worker',
  node: { cpu: '4', memory: '16Gi' },
  nodes: { least: 1, most: 3 },
  versions: ['v1.35.4', 'v1.36.3'],
  network: { pods: ['192.168.0.0/16'], services: ['10.128.0.0/12'], serviceDomain: 'cluster.local' },
};

/** A dedicated cluster of this version. */
export function dedicated(version: string, more: Partial<ClusterSpec> = {}): ClusterSpec {
  return { displayName: 'Production', type: 'dedicated', version, resources: {}, highAvailability: false, ...more };
}
