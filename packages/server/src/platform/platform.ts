import type { Plan } from '@openkupe/contract';
import type { ClusterEngine, ClusterType, KubernetesVersion } from '../engines/engine.ts';
import type { PlatformSettings, Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';

/** The plans and versions on offer: the operator's settings applied to the versions of the engine. */
export interface Platform {
  readonly plans: readonly Plan[];
  /** Versions that can be asked for in clusters of the type, newest first. */
  readonly versionsOf: (type: ClusterType) => readonly KubernetesVersion[];
  readonly isProvisioningPaused: boolean;
}

/** What reading the offer needs. */
export interface PlatformDependencies {
  readonly store: Pick<Store, 'get'>;
  readonly engine: Pick<ClusterEngine, 'versions'>;
  /** The plans of a new installation; once the operator has changed them, the store has them. */
  readonly plans: readonly Plan[];
}

/** The key of the one row with the operator's settings. */
export const PLATFORM_KEY = { kind: 'setting', tenant: '', name: 'platform' } as const;

/** The stored settings with the row that holds them, or those of a new installation. */
export async function loadSettings(ports: Pick<PlatformDependencies, 'store' | 'plans'>): Promise<{
  readonly settings: PlatformSettings;
  readonly row: Resource<'setting'> | undefined;
}> {
  const row = await ports.store.get(PLATFORM_KEY);
  return { row, settings: row?.spec ?? { plans: ports.plans, versions: {}, isProvisioningPaused: false } };
}

/** The engine's versions as the operator offers them. Clusters keep their version also when it is withdrawn. */
export function offeredVersions(known: readonly KubernetesVersion[], states: PlatformSettings['versions']): KubernetesVersion[] {
  return known.flatMap((version) => {
    const state = states[version.minor];
    if (state === undefined) return [version];
    if (state === 'withdrawn') return [];
    const { minor, full } = version;
    return [state === 'retiring' ? { minor, full, isRetiring: true as const } : { minor, full }];
  });
}

/** Reads what is on offer. Not cached: another process of the installation may have changed it. */
export async function loadPlatform(ports: PlatformDependencies): Promise<Platform> {
  const { settings } = await loadSettings(ports);
  return {
    plans: settings.plans,
    versionsOf: (type) => offeredVersions(ports.engine.versions(type), settings.versions),
    isProvisioningPaused: settings.isProvisioningPaused,
  };
}
