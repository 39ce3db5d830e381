import type { ClusterSpec } from '../../store/resource.ts';
import type { ClusterRef } from '../engine.ts';
import { hostNames } from './host-names.ts';
import type { HostObject } from './host-object.ts';

/** What was last asked for. It is written before anything is made of it, so that every process can finish what another one began. */
export interface Intent {
  readonly generation: number;
  readonly spec: ClusterSpec;
}

const ANNOTATION = 'kupe.io/desired';
/**
 * The host refuses pods that could take over a node: privileged ones, those in its network, those with its files
 * (https://kubernetes.io/docs/concepts/security/pod-security-standards/). A vCluster copies the pods of its tenant as they are.
 */
const POD_SECURITY = { 'pod-security.kubernetes.io/enforce': 'baseline' };

/** The namespace of a cluster, with what is asked for. `resourceVersion` is that of the one that it replaces; another one is a conflict. */
export function namespaceOf(ref: ClusterRef, { generation, spec }: Intent, resourceVersion: string | undefined): HostObject {
  const { namespace, labels } = hostNames(ref);
  const { type, version, resources, highAvailability } = spec;
  const desired = { generation, type, version, resources, highAvailability };
  const metadata = { name: namespace, labels: { ...labels, ...POD_SECURITY }, annotations: { [ANNOTATION]: JSON.stringify(desired) } };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: resourceVersion === undefined ? metadata : { ...metadata, resourceVersion } };
}

/** What a namespace of ours says is asked for; `undefined` where it says nothing that can be read, so that it has to be said again. */
export function intentOf(namespace: HostObject): Intent | undefined {
  try {
    const { generation, ...spec } = JSON.parse(namespace.metadata.annotations?.[ANNOTATION] ?? '');
    return Number.isSafeInteger(generation) && isSpec(spec) ? { generation, spec: { displayName: '', ...spec } } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the annotation was left as it was written, as far as what is made of it depends on that. */
function isSpec({ version, resources, highAvailability }: Readonly<Record<string, unknown>>): boolean {
  if (typeof version !== 'string' || typeof highAvailability !== 'boolean') return false;
  if (typeof resources !== 'object' || resources === null) return false;
  return Object.values(resources).every((quantity) => typeof quantity === 'string');
}
