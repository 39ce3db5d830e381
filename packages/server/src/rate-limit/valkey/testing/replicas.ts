import { randomBytes } from 'node:crypto';
import { LIMITS, systemClock } from '@openkupe/contract';
import { AddressLimit, type AddressRateLimit, type AddressRequest, networkLimitOf } from '../../address-limit.ts';
import type { Admission } from '../../admission.ts';
import type { RateLimit } from '../../gcra.ts';
import { SharedAddressLimit } from '../../shared-address-limit.ts';
import { ValkeyLimit } from '../valkey-limit.ts';

/** One of several processes that share a limit: all that a process has of its own, in this one. */
export interface Replica {
  readonly store: ValkeyLimit;
  readonly local: AddressLimit;
  readonly limit: SharedAddressLimit;
  ask(request: Partial<AddressRequest>): Promise<Admission>;
}

const RANDOM = { bytes: (size: number) => new Uint8Array(randomBytes(size)), unit: () => Math.random() };
const LOG = { warn: () => {}, info: () => {} };

/** Starts replicas on the server of this port, which all know how many they are. */
export async function startReplicas(...options: Parameters<typeof makeReplicas>): Promise<Replica[]> {
  const replicas = makeReplicas(...options);
  for (const { store } of replicas) await store.start();
  return replicas;
}

/** Replicas that have not begun to connect. */
export function makeReplicas(
  count: number,
  port: number,
  address: RateLimit,
  options: { processes?: number; boundMs?: number } = {},
): Replica[] {
  const { processes = count, boundMs = LIMITS.sharedLimitMs } = options;
  return Array.from({ length: count }, (): Replica => {
    const at = { host: '127.0.0.1', port, db: 0, username: undefined, password: undefined, tls: false as const };
    const network = networkLimitOf(address);
    const store = new ValkeyLimit({
      clock: systemClock,
      random: RANDOM,
      log: LOG,
      address: at,
      limit: address,
      network,
      processes,
      boundMs,
    });
    const local = new AddressLimit({ clock: systemClock, random: RANDOM, address, addresses: 4096, hashKey: { low: 7, high: 9 } });
    const limit = new SharedAddressLimit({ clock: systemClock, address, local, store });
    const ask = async (request: Partial<AddressRequest>) => limit.admit({ address: '192.0.2.1', method: 'GET', target: '/x', ...request });
    return { store, local, limit, ask };
  });
}

/** Two replicas behind a balancer that gives them requests by turns, as the one limit that they are to be. */
export function alternating([one, other]: readonly [Replica, Replica]): AddressRateLimit {
  let asked = 0;
  const next = () => {
    asked += 1;
    return (asked % 2 ? one : other).limit;
  };
  return {
    bytes: one.limit.bytes,
    admit: (request) => next().admit(request),
    refund: (address) => next().refund(address),
    forgive: (address) => next().forgive(address),
    show: (address) => next().show(address),
    noteCredential(address, credential, isValid) {
      for (const { limit } of [one, other]) limit.noteCredential(address, credential, isValid);
    },
    get metrics() {
      const [mine, theirs] = [one.limit.metrics, other.limit.metrics];
      const sum = (name: 'denied' | 'shadowDenied') => ({
        address: mine[name].address + theirs[name].address,
        network: mine[name].network + theirs[name].network,
      });
      return { ...mine, denied: sum('denied'), shadowDenied: sum('shadowDenied') };
    },
  };
}

/** Waits until a condition holds. Rejects after ten seconds. */
export async function until(isTrue: () => boolean): Promise<number> {
  const beganMs = performance.now();
  while (!isTrue()) {
    if (performance.now() - beganMs > 10_000) throw new Error('It did not become true within ten seconds');
    await systemClock.sleep(2);
  }
  return performance.now() - beganMs;
}
