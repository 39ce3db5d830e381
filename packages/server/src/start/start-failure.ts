/** The names of the settings of a listener's address and port. */
export interface ListenSettings {
  readonly host: string;
  readonly port: string;
}

type ListenError = NodeJS.ErrnoException & { readonly address?: string; readonly port?: number };

/** Why a listener could not be opened, and what to do; `undefined` for another error. */
export function explainListenFailure(error: unknown, { host, port: portSetting }: ListenSettings): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, address, port } = error as ListenError;
  if (code === 'EADDRINUSE') return `Port ${port} on ${address} is taken; stop what uses it, or choose another with ${portSetting}`;
  if (code === 'EADDRNOTAVAIL') return `This machine has no address ${address}; choose another with ${host}`;
  if (code === 'EACCES' && port !== undefined)
    return `Port ${port} may not be used by this account; choose one above 1023 with ${portSetting}`;
  if (code === 'ENOTFOUND') return `The listen address cannot be resolved; give an IP address with ${host}`;
  return undefined;
}

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
