import { basename } from 'node:path';
import type { Clock } from '@openkupe/contract';
import type { AlertmanagerApi } from './alertmanager-api.ts';
import type { Configuration } from './print-configuration.ts';

/** What became of a configuration; `unknown` where Alertmanager could not be asked, with why, for the log. */
export type Loaded =
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'refused'; readonly said: string }
  | { readonly outcome: 'unknown'; readonly detail: string };

/** Has Alertmanager read `next`. Whatever else happens, the file holds `former` afterwards. */
export type Load = (next: Configuration, former: Configuration) => Promise<Loaded>;

/** What {@link createLoader} needs. */
export interface LoaderOptions {
  readonly api: AlertmanagerApi;
  readonly write: (text: string) => Promise<void>;
  readonly file: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** How long an Alertmanager that ended may take to be there again, and between two questions whether it is. */
const RESTART_MS = 30_000;
const POLL_MS = 250;
const ENDED = 'Alertmanager ended while it read this configuration';

/** Whether Alertmanager may not read the file, by the path it was started with. What a document says can be in its messages, and does not begin one. */
const isUnreadable = (said: string, file: string) =>
  said.startsWith('failed to reload config: open ') && said.split(': ', 2)[1]?.endsWith(basename(file)) === true;

/** Makes the {@link Load} of one delivery. */
export function createLoader({ api, write, file, clock, signal }: LoaderOptions): Load {
  /** Waits for an Alertmanager that ended; whether it is there again. */
  async function untilRunning(): Promise<boolean> {
    const endsAt = clock.monotonic() + RESTART_MS;
    while (!signal.aborted && clock.monotonic() < endsAt) {
      if ((await api.running(signal)).outcome === 'running') return true;
      await clock.sleep(POLL_MS, signal).catch(() => {});
    }
    return false;
  }

  async function attempt(next: Configuration): Promise<Loaded | { readonly outcome: 'ended' }> {
    await write(next.text);
    const reload = await api.reload(signal);
    if (reload.outcome === 'broken') return { outcome: 'ended' };
    if (reload.outcome === 'silent') return { outcome: 'unknown', detail: `Alertmanager: ${reload.detail}` };
    if (reload.outcome === 'refused')
      return isUnreadable(reload.said, file) ? { outcome: 'unknown', detail: `Alertmanager: ${reload.said.trim()}` } : reload;
    const running = await api.running(signal);
    if (running.outcome === 'silent') return { outcome: 'ended' };
    if (running.revision === next.revision) return { outcome: 'taken' };
    return { outcome: 'unknown', detail: `Alertmanager does not read ${file}; start it with --config.file=${file}` };
  }

  return async (next, former) => {
    if (signal.aborted) return { outcome: 'unknown', detail: 'the process ends' };
    for (let attempts = 1; ; attempts += 1) {
      const result = await attempt(next);
      if (result.outcome === 'taken') return result;
      await write(former.text);
      if (result.outcome !== 'ended') return result;
      if (!(await untilRunning())) return { outcome: 'unknown', detail: 'Alertmanager ended, and was not started again' };
      // NOTE: once may be chance, such as its restart by the operator.
      if (attempts > 1) return { outcome: 'refused', said: ENDED };
    }
  };
}
