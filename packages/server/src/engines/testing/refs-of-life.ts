import type { ClusterEngine, ClusterRef, ClusterType } from '../engine.ts';

const uidIn = (life: number, uid: string) => `${life}-${uid}`;

/** The clusters of the engine suite, as one of many tests on the same host has them: others have other uids. */
export function refsOfLife(life: number, type: ClusterType): readonly ClusterRef[] {
  return ['uid-one', 'uid-two'].map((uid) => ({ tenant: 'acme', name: 'production', uid: uidIn(life, uid), type }));
}

/** The engine for the engine suite, whose clusters are {@link refsOfLife}: a test need not wait until those of the one before are gone. */
export function withRefs(engine: ClusterEngine, life: number): ClusterEngine {
  const of = (ref: ClusterRef): ClusterRef => ({ ...ref, uid: uidIn(life, ref.uid) });
  return {
    ...engine,
    apply: (ref, spec, generation) => engine.apply(of(ref), spec, generation),
    observe: (ref) => engine.observe(of(ref)),
    access: (ref) => engine.access(of(ref)),
    putSecret: (ref, secret) => engine.putSecret(of(ref), secret),
    deleteSecret: (ref, secret) => engine.deleteSecret(of(ref), secret),
    destroy: (ref) => engine.destroy(of(ref)),
  };
}
