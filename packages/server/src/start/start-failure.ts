import { explainListenFailure } from '../http/listen-failure.ts';

/** Why the control plane could not start, and what to do: one sentence for an operator. */
export function explainStartFailure(error: unknown): string {
  if (!(error instanceof Error)) return `Could not start: ${String(error)}`;
  const { code, path } = error as NodeJS.ErrnoException;
  const listening = explainListenFailure(error, { host: '--host', port: '--port' });
  if (listening) return listening;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return `${path ?? 'The data folder'} is not writable; change its owner or mode, or choose another with --data`;
  if (code === 'ENOTDIR' || code === 'EISDIR')
    return `${path ?? 'A part of the data folder'} is ${code === 'EISDIR' ? 'a directory and has to be a file' : 'no directory and has to be one'}; move it away and restore it from a backup`;
  if (code === 'ENOSPC') return 'The disk is full; make room and start again';
  // NOTE: the error classes of the store and the secrets carry sentences written for an operator.
  return error.message;
}
