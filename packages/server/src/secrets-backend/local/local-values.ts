import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '@openkupe/contract';
import { removeDrafts } from '@openkupe/files/draft';
import { seal, unsealJson } from '../../crypto/seal.ts';
import { BrokenDataError, type DamageReport } from '../../store/broken-data.ts';
import { createKeyedMutex } from '../../store/keyed-mutex.ts';
import { replaceStoredFile } from '../../store/replace-stored-file.ts';
import { problemWith, type Reading, type SecretValues, type Values } from '../secret-values.ts';

/** Where the sealed files are, and the key they are sealed with. */
export interface LocalValuesOptions {
  /** Made with mode 0700. One process at a time writes here. */
  readonly folder: string;
  /** The encryption key: 32 bytes. */
  readonly key: Uint8Array;
  readonly random: Random;
  /** Called before a file is written: throws where the folder is not the one that was opened. */
  readonly requirePlace?: () => void;
  /** Gets the files that cannot be read. */
  readonly damage?: DamageReport;
}

/** The embedded secrets backend, which the operator writes to. */
export interface LocalValues extends SecretValues {
  /** Replaces what is at `path`. `refused` says why these values cannot be a secret. */
  put(tenant: string, path: string, values: Values): Promise<PutOutcome>;
}
/** The outcome of a write: its version, or why these values cannot be a secret. */
export type PutOutcome = { readonly outcome: 'put'; readonly version: string } | { readonly outcome: 'refused'; readonly message: string };

interface Stored {
  readonly version: number;
  readonly values: Values;
}

/**
 * Values in files, one per path, each sealed with AES-256-GCM under the key of the installation. Name and place of a file are
 * authenticated with it: a file that is moved to another tenant's path cannot be read there.
 */
export async function openLocalValues({ folder, key, random, requirePlace, damage }: LocalValuesOptions): Promise<LocalValues> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await removeDrafts(folder);
  // NOTE: neither tenants nor paths can hold a colon, so no two places share a context.
  const contextOf = (tenant: string, path: string) => `secret-values:${tenant}:${path}`;
  const fileOf = (context: string) => join(folder, `${createHash('sha256').update(context).digest('hex')}.sealed`);
  const mutex = createKeyedMutex();

  async function load(context: string): Promise<Stored | undefined> {
    const sealed = await readFile(fileOf(context), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    return sealed === undefined ? undefined : unsealJson<Stored>(sealed, context, key, context);
  }

  async function replace(context: string, values: Values): Promise<PutOutcome> {
    const version = ((await load(context))?.version ?? 0) + 1;
    const path = fileOf(context);
    requirePlace?.();
    await replaceStoredFile(path, seal(JSON.stringify({ version, values }), context, key, random));
    return { outcome: 'put', version: String(version) };
  }

  return {
    async read(tenant, path): Promise<Reading> {
      try {
        const stored = await load(contextOf(tenant, path));
        return stored ? { outcome: 'found', version: String(stored.version), values: stored.values } : { outcome: 'missing' };
      } catch (error) {
        if (error instanceof BrokenDataError) damage?.note(error);
        return { outcome: 'unavailable', message: 'The file with the values cannot be read; restore it together with the secrets file' };
      }
    },
    put(tenant, path, values) {
      const message = problemWith(values);
      if (message !== undefined) return Promise.resolve({ outcome: 'refused', message });
      const context = contextOf(tenant, path);
      return mutex.run(context, () => replace(context, values));
    },
  };
}
