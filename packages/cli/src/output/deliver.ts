import { getSystemErrorMap } from 'node:util';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import type { Output } from '../io.ts';
import type { ShownOnce } from './result.ts';

/** `ENOSPC: no space left on device` */
function reasonOf({ code = 'unknown', errno }: NodeJS.ErrnoException): string {
  const meaning = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  return meaning === undefined ? code : `${code}: ${meaning}`;
}

function undelivered(reason: string, shownOnce: ShownOnce | undefined): Failure {
  if (!shownOnce) {
    return new Failure(`The command did its work, but its result could not be written to standard output (${reason}).`, {
      code: 'output',
      exit: EXIT.failed,
    });
  }
  const { made, remedy, next } = shownOnce;
  return new Failure(`${made}, but could not be written to standard output (${reason}); ${remedy}.`, {
    code: 'output',
    exit: EXIT.failed,
    outcome: 'applied',
    next,
  });
}

/**
 * Writes a result to stdout and waits until it is out. Fails with exit code 1 when it could not be written. A reader that has gone
 * (EPIPE, as in `openkupe cluster list | head -1`) is no failure, except for what can be shown only once.
 */
export async function deliver(text: string, stdout: Output, shownOnce?: ShownOnce): Promise<void> {
  stdout.write(text);
  const error = await stdout.flush(shownOnce !== undefined);
  if (error && (error.code !== 'EPIPE' || shownOnce)) throw undelivered(reasonOf(error), shownOnce);
  await shownOnce?.delivered?.();
}

/** Fails with exit code 2, before anything is sent, when stdout is closed and the result could be shown only once. */
export function checkShowable(stdout: Output, what: string): void {
  if (!stdout.isClosed) return;
  throw new Failure(`Standard output is closed, so ${what} could not be shown; nothing was sent.`, {
    code: 'output',
    exit: EXIT.misuse,
    outcome: 'not-applied',
  });
}
