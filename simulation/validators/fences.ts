import type { CommitOutcome, LeasedWork } from '../../packages/server/src/store/store.ts';
import type { Acted, Stored, Validator } from '../world/observers.ts';
import type { Owner } from '../world/schedule.ts';
import type { Weather } from '../world/weather.ts';
import { writesOf } from './cluster-model.ts';

interface Lease {
  readonly fence: number;
  readonly holder: Owner;
  readonly endsMs: number;
  isOver: boolean;
}

/**
 * No two workers act on one cluster: fences grow, a lease is given only when the one before it is over, and what an overtaken lease writes is
 * refused. On a shared store the lease of a process that died ends by itself, or with its term; on the embedded store it ends with the process.
 */
export function createFences({ replicas, hasTerms }: Pick<Weather, 'replicas' | 'hasTerms'>): Validator {
  const isShared = replicas > 1;
  const leases = new Map<string, Lease>();
  const keyOf = ({ kind, tenant, name }: LeasedWork['key']) => `${kind}/${tenant}/${name}`;
  let highest = 0;

  function checkLease({ replica, atMs }: Stored, work: LeasedWork, leaseMs: number): void {
    const key = keyOf(work.key);
    const before = leases.get(key);
    if (work.fence <= highest) throw new Error(`fence ${work.fence} of ${key} is not larger than ${highest}`);
    highest = work.fence;
    const isFree = !before || before.isOver || before.endsMs <= atMs || (!isShared && before.holder !== replica);
    if (!isFree) throw new Error(`${key} was leased to ${replica.name} while ${before.holder.name} has it`);
    leases.set(key, { fence: work.fence, holder: replica, endsMs: atMs + leaseMs, isOver: false });
  }
  function checkFence(work: LeasedWork, what: string): Lease | undefined {
    const lease = leases.get(keyOf(work.key));
    if (lease && (lease.fence !== work.fence || lease.isOver))
      throw new Error(`${what} of ${keyOf(work.key)} with fence ${work.fence} was accepted; the newest is ${lease.fence}`);
    return lease;
  }
  return {
    name: 'fences',
    stored(fact) {
      const { method, args, result } = fact;
      if (method === 'leaseWork') {
        const { leaseMs } = args[0] as { leaseMs: number };
        for (const work of result as LeasedWork[]) checkLease(fact, work, leaseMs);
      }
      if (method === 'finishWork' && result === 'finished') {
        const lease = checkFence(args[0] as LeasedWork, 'the end');
        if (lease) lease.isOver = true;
      }
      for (const write of writesOf(fact)) if ('fence' in write && write.fence) checkFence(write.fence, write.verb);
    },
    leasesEnded() {
      for (const lease of leases.values()) lease.isOver = true;
    },
    acted({ replica, verb, ref, atMs }: Acted) {
      const lease = leases.get(`cluster/${ref.tenant}/${ref.name}`);
      // NOTE: a process whose term was lost learns it a moment later, and engines have no fences.
      if (!isShared || hasTerms || (verb !== 'apply' && verb !== 'destroy') || !lease || lease.holder === replica) return;
      if (!lease.isOver && lease.endsMs > atMs)
        throw new Error(`${replica.name} called ${verb} while ${lease.holder.name} has ${ref.name}`);
    },
  };
}

/** Whether a commit was made. */
export const isWritten = ({ method, result }: Stored): boolean => method === 'commit' && (result as CommitOutcome).outcome === 'written';
