import type { Clock } from '@openkupe/contract';
import type { EmbeddedServer } from '@openkupe/server/embedded';
import type { StagedServer } from './staged.ts';

/** Makes what puts clusters into a state for a time on `clock`, until `signal` aborts. */
export function createBreakCluster(
  server: Pick<EmbeddedServer, 'setClusterFault'>,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): StagedServer['breakCluster'] {
  return (name, state, seconds) => {
    server.setClusterFault(name, state);
    if (seconds === 0) return;
    clock.sleep(seconds * 1000, signal).then(
      () => server.setClusterFault(name, undefined),
      () => {},
    );
  };
}
