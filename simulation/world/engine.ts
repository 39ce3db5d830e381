import { type ClusterEngine, type ClusterRef, findVersion, NOTHING } from '../../packages/server/src/engines/engine.ts';
import type { ClusterRecord } from '../../packages/server/src/engines/sandbox/cluster-record.ts';
import { SANDBOX_VERSIONS } from '../../packages/server/src/engines/sandbox/kubernetes-versions.ts';
import { appliedAgain, firstApplied, observationAt, type SandboxDurations } from '../../packages/server/src/engines/sandbox/life-cycle.ts';
import { whyNotEarlier } from '../../packages/server/src/engines/version-step.ts';
import type { ClusterSpec } from '../../packages/server/src/store/resource.ts';
import type { Owner } from './schedule.ts';
import { note, type World } from './world.ts';

const DURATIONS: SandboxDurations = { provisioningMs: 12_000, upgradingMs: 8_000, terminatingMs: 5_000 };

/** What runs clusters for all servers of the world. It outlives each of them. */
export interface SimulatedEngine {
  /** The uids of clusters that exist. */
  readonly uids: ReadonlySet<string>;
  /** The engine as one process reaches it: calls take time, fail before or after their effect, and arrive although the process has died. */
  linkTo(owner: Owner): ClusterEngine;
}

/** An engine without clusters, which live as those of the sandbox do (`life-cycle.ts`), without files and sockets. */
export function createEngine(world: World): SimulatedEngine {
  const { schedule } = world;
  const records = new Map<string, ClusterRecord>();

  function apply(ref: ClusterRef, spec: ClusterSpec, generation: number): void {
    const version = findVersion(SANDBOX_VERSIONS, spec.version);
    if (!version) throw new Error(`The simulated engine has no version ${spec.version}`);
    const applied = { generation, spec, version: version.full };
    const record = records.get(ref.uid);
    const authority = { certificatePem: `CA of ${ref.uid}`, privateKeyPem: '' };
    const next = record
      ? appliedAgain(record, applied, DURATIONS, schedule.nowMs, undefined)
      : firstApplied(ref, applied, authority, DURATIONS, schedule.nowMs);
    records.set(ref.uid, next);
  }
  function destroy({ uid }: ClusterRef): 'deleting' | 'gone' {
    const record = records.get(uid);
    if (!record) return 'gone';
    const destroyedAt = record.destroyedAt ?? schedule.nowMs;
    records.set(uid, { ...record, destroyedAt, goneAt: destroyedAt + DURATIONS.terminatingMs });
    if (schedule.nowMs < destroyedAt + DURATIONS.terminatingMs) return 'deleting';
    records.delete(uid);
    return 'gone';
  }
  function observe({ uid }: ClusterRef) {
    const record = records.get(uid);
    return record ? observationAt(record, schedule.nowMs, undefined, true) : NOTHING;
  }

  function linkTo(owner: Owner): ClusterEngine {
    const dice = world.dice.named(`engine of ${owner.name}`);
    const delay = () => dice.between(0, world.weather.engineMs);
    function call<T>(verb: string, ref: ClusterRef, act: () => T): Promise<T> {
      const what = `${verb} ${ref.tenant}/${ref.name} ${ref.uid}`;
      const failure = dice.chance(world.weather.engineFailure) ? dice.pick(['before', 'after']) : undefined;
      return new Promise((resolve, reject) => {
        schedule.after(delay(), undefined, `engine ${what}`, () => {
          if (failure !== 'before') {
            note(world, owner, `engine ${what}`);
            world.observers.acted({ replica: owner, verb, ref, atMs: schedule.nowMs });
          }
          const result = failure === 'before' ? undefined : act();
          schedule.after(delay(), owner, `engine answers ${what}`, () => {
            if (failure) reject(new Error(`The simulated engine did not answer ${what}`));
            else resolve(result as T);
          });
        });
      });
    }
    return {
      versions: () => SANDBOX_VERSIONS,
      whyNotAfter: whyNotEarlier,
      validate: () => [],
      unreadable: () => undefined,
      apply: (ref, spec, generation) => call('apply', ref, () => apply(ref, spec, generation)),
      observe: (ref) => call('observe', ref, () => observe(ref)),
      access: (ref) => call('access', ref, () => accessOf(records.get(ref.uid))),
      destroy: (ref) => call('destroy', ref, () => destroy(ref)),
      putSecret: async () => 'not-ready',
      deleteSecret: async () => 'gone',
      close: async () => {},
    };
  }
  return {
    get uids() {
      return new Set(records.keys());
    },
    linkTo,
  };
}

const accessOf = (record: ClusterRecord | undefined) =>
  record && { endpoint: `https://${record.uid}.simulated.example`, caPem: record.authority.certificatePem };
