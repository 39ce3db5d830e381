import type { ClusterEngine, ClusterRef, ClusterType, KubernetesVersion } from './engine.ts';
import { minorOf } from './version-step.ts';

/** The names of the engines, as the settings name them. */
export const ENGINES = ['sandbox', 'local', 'vcluster', 'cluster-api'] as const;
/** One of {@link ENGINES}. */
export type EngineName = (typeof ENGINES)[number];
/** Which engine runs the clusters of each type. */
export type EngineChoice = Readonly<Record<ClusterType, EngineName>>;

/** The versions of both types, one for each minor: of two patch releases, that of the first. */
function together(lists: readonly (readonly KubernetesVersion[])[]): KubernetesVersion[] {
  const byMinor = new Map(
    lists
      .flat()
      .toReversed()
      .map((version) => [version.minor, version]),
  );
  return [...byMinor.values()].sort((one, other) => minorOf(other.minor) - minorOf(one.minor));
}

/** One engine for all clusters, made of one for each type. The same engine may be given for both. */
export function createEngineByType(engines: Readonly<Record<ClusterType, ClusterEngine>>): ClusterEngine {
  const { shared, dedicated } = engines;
  const all = [...new Set([shared, dedicated])];
  const of = ({ type }: Pick<ClusterRef, 'type'>) => engines[type];
  return {
    versions: (type) => (type ? engines[type].versions(type) : together(all.map((engine) => engine.versions()))),
    whyNotAfter: (running, wanted, type) => engines[type].whyNotAfter(running, wanted, type),
    whyNotDuringMove: (running, asked, type) => engines[type].whyNotDuringMove?.(running, asked, type),
    validate: (spec, previous) => of(spec).validate(spec, previous),
    apply: (ref, spec, generation) => of(ref).apply(ref, spec, generation),
    observe: (ref) => of(ref).observe(ref),
    unreadable: (ref) => of(ref).unreadable(ref),
    access: (ref) => of(ref).access(ref),
    putSecret: (ref, secret) => of(ref).putSecret(ref, secret),
    deleteSecret: (ref, secret) => of(ref).deleteSecret(ref, secret),
    certificateIssuer: async (ref) => (await of(ref).certificateIssuer?.(ref)) ?? 'not-supported',
    destroy: (ref) => of(ref).destroy(ref),
    onChange(listener) {
      for (const engine of all) engine.onChange?.(listener);
    },
    async takeOver() {
      for (const engine of all) await engine.takeOver?.();
    },
    async standDown() {
      await Promise.all(all.map((engine) => engine.standDown?.()));
    },
    async close() {
      await Promise.all(all.map((engine) => engine.close()));
    },
  };
}
