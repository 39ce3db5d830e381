import { constants } from 'node:os';

/** How the shell numbers the end of a child process: its exit code, or 128 and the signal. */
export function exitCodeOfChild(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal ? constants.signals[signal] : 1);
}
