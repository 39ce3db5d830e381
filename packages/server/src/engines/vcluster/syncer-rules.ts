import type { Values } from './chart-values.ts';

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'patch', 'update'];

/** What a vCluster may do, in its own namespace on the host alone. openkupe has to have these rights itself to be able to give them. */
export function syncerRules(isHighlyAvailable: boolean): readonly Values[] {
  const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]) => ({ apiGroups: [apiGroup], resources, verbs });
  const pods = ['pods', 'pods/attach', 'pods/portforward', 'pods/exec'];
  return [
    rule('', ['configmaps', 'secrets', 'services', ...pods, 'persistentvolumeclaims'], [...WRITE, ...READ]),
    rule('', ['pods/status', 'pods/ephemeralcontainers'], ['patch', 'update']),
    rule('', ['pods/resize'], ['patch', 'update']),
    rule('apps', ['statefulsets', 'replicasets', 'deployments'], [...READ, 'patch', 'update']),
    rule('', ['endpoints', 'pods/log'], READ),
    rule('', ['events'], ['create', ...READ]),
    rule('events.k8s.io', ['events'], ['create', ...READ]),
    rule('', ['endpoints'], WRITE),
    rule('discovery.k8s.io', ['endpointslices'], [...WRITE, ...READ]),
    // NOTE: replicas elect the one that works.
    ...(isHighlyAvailable ? [rule('coordination.k8s.io', ['leases'], [...WRITE, ...READ])] : []),
  ];
}
