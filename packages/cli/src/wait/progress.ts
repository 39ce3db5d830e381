import type { Clock } from '@openkupe/contract/clock';
import type { Output } from '../io.ts';
import { printable } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { clipped } from '../terminal/width.ts';

/** CI systems kill a job that is silent for long; a line a minute keeps it alive. */
const HEARTBEAT_MS = 60_000;
const TICK_MS = 1_000;
const CLEAR_LINE = '\r\u001b[2K';

/** The phase of a cluster, and the message of the condition that it waits for. */
export interface Step {
  readonly phase: string;
  readonly detail?: string;
}

/** How far a wait is, drawn on stderr. */
export interface Progress {
  /** The wait is at `step` now. */
  show(step: Step): void;
  /** Writes a line above the progress, e.g. that the server asked to wait. */
  note(text: string): void;
  /** Leaves the last state on the screen and stops drawing. */
  end(): void;
}

/** `[03:27]`, beyond an hour `[1:03:27]`. */
export function elapsedMark(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1_000);
  const two = (count: number) => String(count).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const clock = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `[${hours}:${clock}]` : `[${clock}]`;
}

/** What progress is drawn with, and on. */
export interface ProgressDependencies {
  readonly stderr: Output;
  readonly terminal: Terminal;
  readonly clock: Clock;
}

/** Draws the progress of one wait on stderr: one line that changes on a terminal; elsewhere a line per change, and one a minute. */
export function startProgress({ stderr, terminal, clock }: ProgressDependencies): Progress {
  const startedAt = clock.monotonic();
  const stop = new AbortController();
  let current: Step | undefined;
  let printed = '';
  let printedAt = startedAt;

  const mark = () => elapsedMark(clock.monotonic() - startedAt);
  const describe = (step: Step) => printable(step.detail ? `${step.phase}  ${step.detail}` : `${step.phase}`);
  const redraw = (step: Step) => {
    const room = (stderr.columns ?? 80) - mark().length - 2;
    stderr.write(`${CLEAR_LINE}${terminal.paint('dim', mark())} ${clipped(describe(step), room)}`);
  };
  const append = (step: Step) => {
    printed = describe(step);
    printedAt = clock.monotonic();
    stderr.write(`${terminal.paint('dim', mark())} ${printed}\n`);
  };
  const tick = () => {
    if (!current) return;
    if (terminal.isLive) redraw(current);
    else if (clock.monotonic() - printedAt >= HEARTBEAT_MS) append(current);
  };
  const keepTicking = async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(TICK_MS, stop.signal);
      tick();
    }
  };
  keepTicking().catch(() => {});

  return {
    show(step) {
      current = step;
      if (terminal.isLive) redraw(step);
      else if (describe(step) !== printed) append(step);
    },
    note(text) {
      stderr.write(terminal.isLive ? `${CLEAR_LINE}${printable(text)}\n` : `${printable(text)}\n`);
      if (terminal.isLive && current) redraw(current);
    },
    end() {
      if (stop.signal.aborted) return;
      stop.abort();
      if (terminal.isLive && current) stderr.write('\n');
    },
  };
}
