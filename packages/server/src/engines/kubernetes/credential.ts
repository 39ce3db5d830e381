import { readFile, stat } from 'node:fs/promises';

/** How a client authenticates at an API server. */
export type Credential =
  | { readonly type: 'certificate'; readonly certificatePem: string; readonly keyPem: string }
  | { readonly type: 'token'; readonly token: string }
  /** A file that is read again when it changes: tokens of ServiceAccounts rotate in place. */
  | { readonly type: 'token-file'; readonly path: string }
  | { readonly type: 'anonymous' };

/** The value of `Authorization` now; `undefined` where there is none. Rejects when the token file cannot be read. */
export type Authorize = () => Promise<string | undefined>;

/** Makes the {@link Authorize} of a credential. A token file is looked up by its change time before each request and read when that moved. */
export function authorizeBy(credential: Credential): Authorize {
  if (credential.type === 'token') return async () => `Bearer ${credential.token}`;
  if (credential.type !== 'token-file') return async () => undefined;
  let known: { readonly version: string; readonly header: string } | undefined;
  return async () => {
    // NOTE: the kubelet replaces a projected token by renaming a folder, so that inode and time of the file both change.
    const { mtimeMs, ino, size } = await stat(credential.path);
    const version = `${mtimeMs} ${ino} ${size}`;
    if (known?.version !== version) known = { version, header: `Bearer ${(await readFile(credential.path, 'utf8')).trim()}` };
    return known.header;
  };
}
