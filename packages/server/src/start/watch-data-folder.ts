import type { Clock } from '@openkupe/contract';
import type { Log } from '../log/log.ts';

/** How long reads may continue after the folder was removed. Every commit checks for itself, before and after. */
const CHECK_EVERY_MS = 500;

/**
 * Checks periodically, until the signal aborts, whether the data folder is still the one that was opened, and logs changes. A check costs
 * four `stat` calls.
 */
export async function watchDataFolder(
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
    await clock.sleep(CHECK_EVERY_MS, signal).catch(() => {});
  }
}
