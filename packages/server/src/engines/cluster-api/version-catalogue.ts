import { findVersion, type KubernetesVersion } from '../engine.ts';
import { minorOf } from '../version-step.ts';
import type { ClusterApiSettings } from './cluster-api-settings.ts';

/** The versions of the settings, newest first. */
export function catalogueOf({ versions, retiring = [] }: Pick<ClusterApiSettings, 'versions' | 'retiring'>): readonly KubernetesVersion[] {
  const entries = versions.map((full): KubernetesVersion => {
    const minor = `1.${minorOf(full)}`;
    return { minor, full, ...(retiring.includes(minor) && { isRetiring: true as const }) };
  });
  return entries.sort((left, right) => minorOf(right.minor) - minorOf(left.minor));
}

/** The version of the catalogue that a request names; `undefined` for another. */
export function findCatalogued(settings: Pick<ClusterApiSettings, 'versions' | 'retiring'>, asked: string): KubernetesVersion | undefined {
  return findVersion(catalogueOf(settings), asked);
}

/**
 * Why no other version can be asked for during a move: the webhook of Cluster API refuses another change of the version until control plane and
 * workers run the first one, and the old version, too (https://github.com/kubernetes-sigs/cluster-api/issues/7428).
 */
export function whyNotDuringMove(
  settings: Pick<ClusterApiSettings, 'versions' | 'retiring'>,
  running: string,
  asked: string,
): string | undefined {
  const full = findCatalogued(settings, asked)?.full;
  return full === undefined || full === running ? undefined : `its upgrade from ${running} to ${full} has not ended`;
}
