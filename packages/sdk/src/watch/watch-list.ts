import type { CallOptions, Result } from '../call.ts';
import type { Engine } from '../engine.ts';
import { KupeError } from '../errors/kupe-error.ts';
import type { Events } from '../resources/events.ts';
import { createChangeSignal } from '../wait/change-signal.ts';

/** How long after a read the next one is at the earliest, and at the latest where no event came: not every server, or proxy, streams. */
const LEAST_MS = 1_000;
const MOST_MS = 10_000;

/**
 * Reads a list when it is asked for, and again whenever an event of its kind comes, for as long as it is iterated. Once it was read, a service
 * that is down in between does not end it.
 */
export async function* watchList<T>(
  { clock }: Pick<Engine, 'clock'>,
  list: () => Promise<Result<T[]>>,
  {
    events,
    kind,
    signal = new AbortController().signal,
  }: Pick<CallOptions, 'signal'> & { readonly events: Pick<Events, 'watch'>; readonly kind: string },
): AsyncGenerator<Result<T[]>, void> {
  const changes = createChangeSignal(clock, (ending) => events.watch({ kind, signal: ending }));
  let canFail = false;
  const read = () =>
    list().catch((error: unknown) => {
      if (canFail && !signal.aborted && error instanceof KupeError && error.retryable) return error;
      throw error;
    });
  try {
    for (;;) {
      const result = await read();
      if (result instanceof KupeError) {
        await clock.sleep(Math.max(MOST_MS, (result.retryAt?.getTime() ?? 0) - clock.now()), signal);
        continue;
      }
      canFail = true;
      yield result;
      await clock.sleep(LEAST_MS, signal);
      await changes.sleep(MOST_MS, signal);
    }
  } finally {
    changes.end();
  }
}
