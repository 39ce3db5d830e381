import type { Clock } from '@openkupe/contract';
import type { ClusterEngine } from '../../engines/engine.ts';
import type { Log } from '../../log/log.ts';
import type { Store } from '../../store/store.ts';

/** Has the reconciler observe a cluster as soon as its engine says that it has changed, instead of at the next check, which is a minute away. */
export function wakeOnChange(
  engine: Pick<ClusterEngine, 'onChange'>,
  { store, clock, log }: { readonly store: Pick<Store, 'commit'>; readonly clock: Pick<Clock, 'now'>; readonly log: Pick<Log, 'warn'> },
): void {
  engine.onChange?.(({ tenant, name }) => {
    const wake = async () => store.commit({ at: clock.now(), writes: [], wake: [{ kind: 'cluster', tenant, name }] });
    wake().catch((error: unknown) => log.warn({ err: error, tenant, cluster: name }, 'a change of a cluster waits for its next check'));
  });
}
