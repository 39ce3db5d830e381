import type { Clock } from '@openkupe/contract';
import type { Log } from '../log/log.ts';

/** How long reads may go on after the folder was taken away. Writes look for themselves, before and after each commit. */
const LOOK_EVERY_MS = 500;

/**
 * Looks again and again whether the data folder is still the one that was opened, until the signal aborts, and logs when that changes. A
 * look costs four stats.
 */
export async function watchPlace(
  store: { readonly isInPlace: () => boolean },
  folder: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  let wasInPlace = true;
  while (!signal.aborted) {
    const isInPlace = store.isInPlace();
    if (wasInPlace && !isInPlace) {
      log.error(
        { folder },
        'the data folder was removed or replaced: nothing is read or written until it is back, or the server restarted',
      );
    }
    if (!wasInPlace && isInPlace) log.warn({ folder }, 'the data folder is back');
    wasInPlace = isInPlace;
    await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
  }
}
