/** A process that runs trials in virtual time, one after the other. Started by `pool.ts`; everything is imported once. */
import { answerQuestions } from '../harness/worker.ts';
import type { Contestant } from './exchange.ts';
import { measureTrial, type Row, type Subject, type Trial } from './measure.ts';
import { installVirtualTime } from './virtual-time.ts';

/** Without a trial: what there is to run. */
export interface Question {
  readonly trial?: number;
  readonly seeds?: number;
  readonly drawnFrom?: number;
}

/** The answer to a question without a trial. */
export interface Offer {
  readonly subjects: readonly Subject[];
  readonly versions: Readonly<Record<string, string>>;
}

/** The answer to a question with one. */
export interface Measured {
  readonly row: Row;
  /** Of the processor, whatever else the machine was doing. */
  readonly cpuMs: number;
}

installVirtualTime();
const { competitors, algorithms } = (await import('./competitors/all.mjs' as string)) as Readonly<
  Record<'competitors' | 'algorithms', readonly Contestant[]>
>;
const { ours } = await import('./ours.ts');
const { allTrials } = await import('./trials.ts');
const trials = allTrials(ours, competitors, algorithms);

async function measure(trial: Trial, seeds: number, drawnFrom: number): Promise<Measured> {
  const before = process.cpuUsage();
  const row = await measureTrial(trial, seeds, drawnFrom);
  const { user, system } = process.cpuUsage(before);
  return { row, cpuMs: (user + system) / 1_000 };
}

const offer: Offer = {
  subjects: trials.map(({ once: _, ...subject }) => subject),
  versions: Object.fromEntries([ours, ...competitors].map(({ name, version }) => [name, version])),
};
answerQuestions(({ trial, seeds = 1, drawnFrom = 1 }: Question) =>
  trial === undefined ? offer : measure(trials[trial] as Trial, seeds, drawnFrom),
);
