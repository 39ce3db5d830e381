import { type Progress, type ProgressDependencies, startProgress } from '../wait/progress.ts';
import { printable } from './printable.ts';

/** Writes notes and progress to stderr, one at a time, so that a note never breaks a progress line. */
export interface Reporter {
  /** One line. */
  note(text: string): void;
  /** Starts the progress of a wait; its `end` must be called before anything else is written. */
  startProgress(): Progress;
}

/** A reporter for one run. */
export function createReporter(dependencies: ProgressDependencies): Reporter {
  let active: Progress | undefined;
  return {
    note(text) {
      if (active) active.note(text);
      else dependencies.stderr.write(`${printable(text)}\n`);
    },
    startProgress() {
      const progress = startProgress(dependencies);
      active = progress;
      return {
        ...progress,
        end() {
          progress.end();
          active = undefined;
        },
      };
    },
  };
}
