import { startWorker, type TalkingWorker } from '../harness/worker.ts';
import type { Row, Subject } from './measure.ts';
import type { Measured, Offer } from './worker.ts';

/** A run makes a lot of garbage that is young: with more room for it an eighth of the time is saved. */
const OPTIONS = { execArgv: ['--max-semi-space-size=128'], patienceMs: 3_600_000 };

/** A trial that has run. */
export interface Done extends Measured {
  readonly subject: Subject;
}

/**
 * Runs the trials that `choose` picks, each for so many seeds (those that are drawn: from `drawnFrom` on), in `processes` processes that take
 * the next one whenever they are free, the costly ones first. `onDone` is called for each, with how many are left. The rows come back in the
 * order of the tables.
 */
export async function runTrials({
  processes,
  seeds,
  drawnFrom,
  choose,
  onDone,
}: {
  processes: number;
  seeds: number;
  drawnFrom: number;
  choose: (subjects: readonly Subject[]) => readonly number[];
  onDone: (done: Done, left: number) => void;
}): Promise<{ rows: Row[]; versions: Readonly<Record<string, string>>; isAll: boolean }> {
  const start = () => startWorker(new URL('worker.ts', import.meta.url), [], OPTIONS);
  const running = await Promise.all(Array.from({ length: processes }, start));
  try {
    const { subjects, versions } = await (running[0] as TalkingWorker).ask<Offer>({});
    const chosen = choose(subjects);
    const queue = chosen.toSorted((one, other) => Number(subjects[other]?.isCostly ?? false) - Number(subjects[one]?.isCostly ?? false));
    let left = queue.length;
    const rows = new Map<number, Row>();
    const work = async (process: TalkingWorker) => {
      for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
        const measured = await process.ask<Measured>({ trial: index, seeds, drawnFrom });
        rows.set(index, measured.row);
        left -= 1;
        onDone({ subject: subjects[index] as Subject, ...measured }, left);
      }
    };
    await Promise.all(running.map(work));
    return { rows: chosen.map((index) => rows.get(index) as Row), versions, isAll: chosen.length === subjects.length };
  } finally {
    await Promise.all(running.map((process) => process.stop()));
  }
}
