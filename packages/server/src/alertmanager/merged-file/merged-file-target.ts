import { readFile } from 'node:fs/promises';
import type { Clock } from '@openkupe/contract';
import { openDraft, removeDraftsOf } from '@openkupe/files/draft';
import { replaceFile } from '@openkupe/files/replace-file';
import type { AlertmanagerTarget, DeliveryResult } from '../alertmanager-target.ts';
import type { AlertmanagerApi } from './alertmanager-api.ts';
import { createLoader } from './load-configuration.ts';
import { planParts } from './plan-parts.ts';
import { printConfiguration } from './print-configuration.ts';
import { settleParts } from './settle-parts.ts';
import type { TenantPart } from './tenant-part.ts';

/** What {@link openMergedFileTarget} needs. */
export interface MergedFileOptions {
  readonly api: AlertmanagerApi;
  /** The file that Alertmanager was started with (`--config.file`). */
  readonly file: string;
  /** For the hash that names a configuration: 32 bytes. */
  readonly key: Uint8Array;
  readonly clock: Clock;
}

/** For tenants, who are not to learn where things are. */
const UNAVAILABLE = 'The Alertmanager of this installation cannot take it at the moment; it is delivered as soon as it can';
const unavailable = (detail: string): DeliveryResult => ({ outcome: 'unavailable', message: UNAVAILABLE, detail });

/**
 * One Alertmanager for all tenants: their documents become one file, which is replaced as a whole (mode 0600), and which Alertmanager is asked to
 * read again. What it refuses is taken back at once, and tried again in halves until it is known whose part is at fault; the others are in force
 * by then. While it does not answer, the file holds what it has taken before, so that it starts with that. @throws where the file cannot be written.
 */
export async function openMergedFileTarget({ api, file, key, clock }: MergedFileOptions): Promise<AlertmanagerTarget> {
  try {
    await (await openDraft(file)).discard();
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new Error(`The configuration of Alertmanager, ${file}, cannot be replaced (${why}); let this account write to its folder`);
  }
  let isCleaned = false;

  async function write(text: string): Promise<void> {
    // NOTE: not at the start, where another process may be about to replace the file.
    if (!isCleaned) await removeDraftsOf(file);
    isCleaned = true;
    if ((await readFile(file, 'utf8').catch(() => undefined)) !== text) await replaceFile(file, text);
  }

  return {
    async deliver(documents, signal) {
      try {
        const running = await api.running(signal);
        const version = running.outcome === 'running' ? running.version : '';
        const plan = planParts(documents, version);
        const { base, refusals } = plan;
        const print = (parts: ReadonlyMap<string, TenantPart>) => printConfiguration(parts, key);
        if (running.outcome === 'silent') {
          await write(print(base).text);
          return unavailable(`Alertmanager: ${running.detail}`);
        }
        const load = createLoader({ api, write, file, clock, signal });
        const problem = await settleParts({ ...plan, print, load, runningRevision: running.revision });
        if (problem !== undefined) return unavailable(problem);
        await write(print(base).text);
        const kept = [...refusals].map(([tenant, message]) => [tenant, { message, isFormerKept: base.has(tenant) }] as const);
        return { outcome: 'taken', version, refusals: new Map(kept) };
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        return unavailable(`${file} cannot be replaced: ${code ?? message}`);
      }
    },
  };
}
