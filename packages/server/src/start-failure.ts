/** One clear sentence for an operator about why the control plane could not start, and what to do. */
export function explainStartFailure(error: unknown): string {
  if (!(error instanceof Error)) return `Could not start: ${String(error)}`;
  const { code, address, port, path } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} on ${address} is taken; stop what uses it, or choose another with --port`;
  if (code === 'EADDRNOTAVAIL') return `This machine has no address ${address}; choose another with --host`;
  if (code === 'EACCES' && port !== undefined) return `Port ${port} may not be used by this account; choose one above 1023 with --port`;
  if (code === 'ENOTFOUND') return `The listen address cannot be resolved; give an IP address with --host`;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return `${path ?? 'The data folder'} is not writable; change its owner or mode, or choose another with --data`;
  if (code === 'ENOSPC') return 'The disk is full; make room and start again';
  // NOTE: the error classes of the store and the secrets carry sentences written for an operator.
  return error.message;
}
