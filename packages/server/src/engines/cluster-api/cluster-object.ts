import { isDeepStrictEqual } from 'node:util';
import type { ClusterSpec } from '../../store/resource.ts';
import type { ClusterRef } from '../engine.ts';
import type { KubernetesObject } from '../kubernetes/kubernetes-object.ts';
import { hostNamespace, labelsOf } from '../kubernetes/labels.ts';
import type { ClusterApiSettings, VariableSource } from './cluster-api-settings.ts';
import { nodesFor } from './nodes-for.ts';
import { findCatalogued } from './version-catalogue.ts';

/** The API of Cluster API that openkupe uses. */
export const CLUSTER_API = 'cluster.x-k8s.io/v1beta2';

/** The generation of our cluster that was applied last, on its Cluster. */
const GENERATION = 'kupe.io/generation';
/** The spec that was applied last, on its Cluster, to recognise drift by. */
const APPLIED_SPEC = 'kupe.io/applied-spec';

/** The name of the only pool of workers. */
const POOL = 'md-0';
/** Replicas of the control plane of a highly available cluster: the fewest that keep etcd's quorum without one. */
const HIGHLY_AVAILABLE = 3;

/** The fields of `Cluster.spec` that openkupe owns: https://cluster-api.sigs.k8s.io/tasks/experimental-features/cluster-class/ */
export interface TopologySpec {
  readonly clusterNetwork?: object;
  readonly topology: {
    readonly classRef: { readonly name: string; readonly namespace: string };
    /** In full: `v1.36.3`. */
    readonly version: string;
    readonly controlPlane: { readonly replicas: number };
    readonly workers: {
      readonly machineDeployments: readonly { readonly class: string; readonly name: string; readonly replicas: number }[];
    };
    readonly variables?: readonly { readonly name: string; readonly value: unknown }[];
  };
}

/** The kubeconfigs with which the API server asks about its users: the sources of these names. */
export type Webhooks = Readonly<Record<'tokenWebhook' | 'accessWebhook', string>>;

/** The filled variables. One without a value has the default of the ClusterClass. */
function variablesOf(settings: ClusterApiSettings, ref: ClusterRef, spec: ClusterSpec, webhooks: Webhooks) {
  const { cpu, memory, storage } = spec.resources;
  const { tenant, name: cluster, uid } = ref;
  const { highAvailability } = spec;
  const sources: Record<VariableSource, unknown> = { ...webhooks, tenant, cluster, uid, cpu, memory, storage, highAvailability };
  return Object.entries(settings.variables ?? {}).flatMap(([name, filling]) => {
    const value = 'from' in filling ? sources[filling.from] : filling.value;
    return value === undefined ? [] : [{ name, value }];
  });
}

function networkOf({ network }: ClusterApiSettings) {
  if (!network) return {};
  const { pods, services, serviceDomain } = network;
  const clusterNetwork = {
    ...(pods && { pods: { cidrBlocks: pods } }),
    ...(services && { services: { cidrBlocks: services } }),
    ...(serviceDomain !== undefined && { serviceDomain }),
  };
  return { clusterNetwork };
}

/** `spec` of the Cluster. Throws where the version is not in the catalogue. */
export function topologySpec(settings: ClusterApiSettings, ref: ClusterRef, spec: ClusterSpec, webhooks: Webhooks): TopologySpec {
  const version = findCatalogued(settings, spec.version)?.full;
  if (!version) throw new Error(`Cannot run version "${spec.version}" in cluster "${ref.name}": the settings of its engine do not list it`);
  const variables = variablesOf(settings, ref, spec, webhooks);
  return {
    ...networkOf(settings),
    topology: {
      classRef: settings.clusterClass,
      version,
      controlPlane: { replicas: spec.highAvailability ? HIGHLY_AVAILABLE : 1 },
      workers: {
        machineDeployments: [{ class: settings.workersClass, name: POOL, replicas: nodesFor(settings, spec.resources) }],
      },
      ...(variables.length > 0 && { variables }),
    },
  };
}

/** The Cluster to apply: exactly the fields that openkupe owns. */
export function clusterObject(ref: ClusterRef, spec: TopologySpec, generation: number): KubernetesObject & { readonly spec: TopologySpec } {
  const annotations = { [GENERATION]: String(generation), [APPLIED_SPEC]: JSON.stringify(spec) };
  const metadata = { name: ref.name, namespace: hostNamespace(ref), labels: labelsOf(ref), annotations };
  return { apiVersion: CLUSTER_API, kind: 'Cluster', metadata, spec };
}

/** The generation that was applied last, whatever has become of it; 0 for none. */
export function lastGeneration({ metadata: { annotations } }: Pick<KubernetesObject, 'metadata'>): number {
  return Number(annotations?.[GENERATION]) || 0;
}

/** Whether a field that openkupe set has another value now, or openkupe's record of them is gone. */
export function hasDrifted({ metadata, spec }: KubernetesObject & { readonly spec?: unknown }): boolean {
  try {
    return !contains(spec, JSON.parse(metadata.annotations?.[APPLIED_SPEC] ?? ''));
  } catch {
    return true;
  }
}

/** Whether every field of `part` has its value in `whole`, and every item of its lists has one there that contains it. */
function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) return Array.isArray(whole) && part.every((item) => whole.some((other) => contains(other, item)));
  if (typeof part !== 'object' || part === null) return isDeepStrictEqual(whole, part);
  if (typeof whole !== 'object' || whole === null) return false;
  return Object.entries(part).every(([key, value]) => contains((whole as Record<string, unknown>)[key], value));
}
