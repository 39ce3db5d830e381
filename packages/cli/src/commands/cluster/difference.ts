import type { Cluster, ClusterPatch, ClusterResources } from '@openkupe/contract/resources/cluster';
import type { GivenLabels } from './label-flags.ts';

/** What an update should lead to; absent parts stay as they are. */
export interface Wanted {
  readonly version?: string | undefined;
  readonly resources: ClusterResources;
  readonly labels?: GivenLabels | undefined;
}

const RESOURCES = ['cpu', 'memory', 'storage'] as const;

/** The patch that leads from `current` to `wanted`; undefined when it is there already. Quantities are compared as text, as written. */
export function patchFor(current: Cluster, wanted: Wanted): ClusterPatch | undefined {
  const resources: ClusterResources = {};
  for (const name of RESOURCES) {
    const value = wanted.resources[name];
    if (value !== undefined && value !== current.resources?.[name]) resources[name] = value;
  }
  const labels = Object.entries(wanted.labels ?? {}).filter(([key, value]) => value !== (current.labels?.[key] ?? null));
  const patch = {
    ...(wanted.version === undefined || wanted.version === current.version ? {} : { version: wanted.version }),
    ...(Object.keys(resources).length === 0 ? {} : { resources }),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
  };
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** What differs between two readings of a cluster, for a sentence: `memory from 8Gi to 16Gi, version from 1.31 to 1.32`. */
export function describeChanges(before: Cluster, after: Cluster): string {
  const labelsOf = ({ labels = {} }: Cluster) => Object.fromEntries(Object.entries(labels).map(([key, value]) => [`label ${key}`, value]));
  const fields = (cluster: Cluster): Record<string, string> => ({ version: cluster.version, ...cluster.resources, ...labelsOf(cluster) });
  const [old, now] = [fields(before), fields(after)];
  const changed = [...new Set(['version', ...RESOURCES, ...Object.keys(old), ...Object.keys(now)])].filter(
    (name) => old[name] !== now[name],
  );
  const parts = changed.map((name) => `${name} from ${old[name] ?? 'unset'} to ${now[name] ?? 'unset'}`);
  if (before.status.phase !== after.status.phase) parts.push(`phase from ${before.status.phase} to ${after.status.phase}`);
  return parts.join(', ');
}
