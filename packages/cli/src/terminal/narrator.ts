import type { Clock } from '@openkupe/contract/clock';
import type { Output } from '../io.ts';
import { type Progress, startProgress } from '../wait/progress.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';

/** Everything a command says on stderr while it works, so that a note never tears a progress line apart. */
export interface Narrator {
  /** One line. */
  note(text: string): void;
  /** Starts the progress of a wait; its `end` must be called before anything else is written. */
  startProgress(): Progress;
}

export function createNarrator(scene: { stderr: Output; terminal: Terminal; clock: Clock }): Narrator {
  let active: Progress | undefined;
  return {
    note(text) {
      if (active) active.note(text);
      else scene.stderr.write(`${printable(text)}\n`);
    },
    startProgress() {
      const progress = startProgress(scene);
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
