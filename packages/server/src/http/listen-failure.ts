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
