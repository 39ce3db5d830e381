/** A process that runs trials in virtual time, one after the other, as it is told. Started by `pool.ts`; everything is imported once. */
import type { Contestant } from './exchange.ts';
import { measureTrial, type Row, type Subject } from './measure.ts';
import { installVirtualTime } from './virtual-time.ts';

export type ToWorker = { readonly index: number; readonly seeds: number; readonly drawnFrom: number };
export type FromWorker =
  | { readonly kind: 'ready'; readonly subjects: readonly Subject[]; readonly versions: Readonly<Record<string, string>> }
  | { readonly kind: 'row'; readonly index: number; readonly row: Row; readonly cpuMs: number }
  | { readonly kind: 'failed'; readonly index: number; readonly message: string };

const tell = (message: FromWorker) => void process.send?.(message);

installVirtualTime();
const { competitors, algorithms } = (await import('./competitors/all.mjs' as string)) as Readonly<
  Record<'competitors' | 'algorithms', readonly Contestant[]>
>;
const { ours } = await import('./ours.ts');
const { allTrials } = await import('./trials.ts');
const trials = allTrials(ours, competitors, algorithms);

process.on('message', async ({ index, seeds, drawnFrom }: ToWorker) => {
  const before = process.cpuUsage();
  const trial = trials[index];
  try {
    if (!trial) throw new RangeError(`There is no trial ${index}`);
    const row = await measureTrial(trial, seeds, drawnFrom);
    const { user, system } = process.cpuUsage(before);
    tell({ kind: 'row', index, row, cpuMs: (user + system) / 1_000 });
  } catch (error) {
    tell({ kind: 'failed', index, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
process.on('disconnect', () => process.exit(0));

const subjects = trials.map(({ once: _, ...subject }) => subject);
tell({ kind: 'ready', subjects, versions: Object.fromEntries([ours, ...competitors].map(({ name, version }) => [name, version])) });
