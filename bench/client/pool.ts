import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Row, Subject } from './measure.ts';
import type { FromWorker, ToWorker } from './worker.ts';

/** A run makes a lot of garbage that is young: with more room for it an eighth of the time is saved. */
const EXEC_ARGV = ['--no-warnings', '--max-semi-space-size=128'];
const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));

export interface Done {
  readonly subject: Subject;
  readonly row: Row;
  /** Of the processor, whatever else the machine was doing. */
  readonly cpuMs: number;
}

interface Running {
  readonly worker: ChildProcess;
  readonly subjects: readonly Subject[];
  readonly versions: Readonly<Record<string, string>>;
}

function start(): Promise<Running> {
  const worker = fork(WORKER, { execArgv: EXEC_ARGV, serialization: 'advanced' });
  return new Promise((resolve, reject) => {
    const died = () => reject(new Error('A process of the benchmark ended before it was ready; what it printed says why'));
    worker.once('exit', died);
    worker.once('message', (message: FromWorker) => {
      worker.off('exit', died);
      if (message.kind === 'ready') resolve({ worker, subjects: message.subjects, versions: message.versions });
      else reject(new Error('A process of the benchmark spoke before it was ready'));
    });
  });
}

function runTrial({ worker }: Running, told: ToWorker): Promise<Extract<FromWorker, { kind: 'row' }>> {
  return new Promise((resolve, reject) => {
    const end = () => {
      worker.off('message', answered);
      worker.off('exit', died);
    };
    const answered = (message: FromWorker) => {
      end();
      if (message.kind === 'row') resolve(message);
      else reject(new Error(message.kind === 'failed' ? message.message : 'A process of the benchmark began anew'));
    };
    const died = () => {
      end();
      reject(new Error('A process of the benchmark ended in the middle of a trial'));
    };
    worker.on('message', answered).on('exit', died);
    worker.send(told);
  });
}

/**
 * Runs the trials that `choose` picks, each for so many seeds (those that are drawn: from `drawnFrom` on), in `processes` processes that take the next one whenever they are
 * free, the costly ones first. `onDone` hears of each with how many are left. The rows come back in the order of the tables.
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
  const running = await Promise.all(Array.from({ length: processes }, start));
  try {
    const { subjects, versions } = running[0] as Running;
    const chosen = choose(subjects);
    const queue = chosen.toSorted((one, other) => Number(subjects[other]?.isCostly ?? false) - Number(subjects[one]?.isCostly ?? false));
    let left = queue.length;
    const rows = new Map<number, Row>();
    const work = async (process: Running) => {
      for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
        const { row, cpuMs } = await runTrial(process, { index, seeds, drawnFrom });
        rows.set(index, row);
        left -= 1;
        onDone({ subject: subjects[index] as Subject, row, cpuMs }, left);
      }
    };
    await Promise.all(running.map(work));
    return { rows: chosen.map((index) => rows.get(index) as Row), versions, isAll: chosen.length === subjects.length };
  } finally {
    for (const { worker } of running) worker.disconnect();
  }
}
