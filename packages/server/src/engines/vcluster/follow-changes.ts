import type { ClusterRef } from '../engine.ts';
import { NAMESPACES, resourceOf } from './host-object.ts';
import type { Vcluster } from './vcluster.ts';

/** What a running cluster is lost with. Other changes wait for the next observation: pods that a tenant starts change the status of a quota. */
const WATCHED = [NAMESPACES, resourceOf('StatefulSet')];
/** Changes of a cluster within this time are reported once, also where another program changes a StatefulSet back each time. In milliseconds. */
const TOGETHER_MS = 200;

/** Reports changes on the host to `listener`, until the signal aborts. */
export function followChanges(
  { host, clock }: Vcluster,
  known: ReadonlyMap<string, ClusterRef>,
  listener: (ref: ClusterRef) => void,
  signal: AbortSignal,
): void {
  const waiting = new Set<string>();
  const report = async (uid: string) => {
    if (waiting.has(uid)) return;
    waiting.add(uid);
    await clock.sleep(TOGETHER_MS, signal);
    waiting.delete(uid);
    const ref = known.get(uid);
    if (ref) listener(ref);
  };
  for (const resource of WATCHED) host.onChange?.(resource, (uid) => void report(uid).catch(() => {}));
}
