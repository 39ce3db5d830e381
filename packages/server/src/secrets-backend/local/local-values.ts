import { chmod, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '@openkupe/contract';
import { removeDrafts } from '@openkupe/files/draft';
import { codeOf } from '@openkupe/files/error-code';
import { seal, unsealJson } from '../../crypto/seal.ts';
import { BrokenDataError, type DamageReport } from '../../store/broken-data.ts';
import { createKeyedMutex } from '../../store/keyed-mutex.ts';
import { replaceStoredFile } from '../../store/replace-stored-file.ts';
import { problemWith, type Reading, type SecretValues, type Values } from '../secret-values.ts';
import { contextOf, earlierFileNameOf, fileNameOf, filePrefixOf } from '../value-place.ts';

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

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}

/**
 * Values in files, one per path, each sealed with AES-256-GCM under the key of the installation. Name and place of a file are
 * authenticated with it: a file that is moved to another tenant's path cannot be read there. Names begin with a hash of the tenant, by which its
 * files are found when it is gone.
 */
export async function openLocalValues({ folder, key, random, requirePlace, damage }: LocalValuesOptions): Promise<LocalValues> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await removeDrafts(folder);
  const fileOf = (tenant: string, path: string) => join(folder, fileNameOf(tenant, path));
  const mutex = createKeyedMutex();

  /** The content of a file; one whose name does not begin with the tenant's hash, as an earlier release wrote it, gets that name. */
  async function contentOf(tenant: string, path: string): Promise<string | undefined> {
    const file = fileOf(tenant, path);
    const content = await readIfThere(file);
    if (content !== undefined) return content;
    requirePlace?.();
    await rename(join(folder, earlierFileNameOf(tenant, path)), file).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
    return readIfThere(file);
  }
  async function load(tenant: string, path: string): Promise<Stored | undefined> {
    const sealed = await contentOf(tenant, path);
    const context = contextOf(tenant, path);
    return sealed === undefined ? undefined : unsealJson<Stored>(sealed, context, key, context);
  }

  async function replace(tenant: string, path: string, values: Values): Promise<PutOutcome> {
    const version = ((await load(tenant, path))?.version ?? 0) + 1;
    requirePlace?.();
    await replaceStoredFile(fileOf(tenant, path), seal(JSON.stringify({ version, values }), contextOf(tenant, path), key, random));
    return { outcome: 'put', version: String(version) };
  }

  return {
    async read(tenant, path): Promise<Reading> {
      try {
        const stored = await load(tenant, path);
        return stored ? { outcome: 'found', version: String(stored.version), values: stored.values } : { outcome: 'missing' };
      } catch (error) {
        if (error instanceof BrokenDataError) damage?.note(error);
        return { outcome: 'unavailable', message: 'The file with the values cannot be read; restore it together with the secrets file' };
      }
    },
    put(tenant, path, values) {
      const message = problemWith(values);
      if (message !== undefined) return Promise.resolve({ outcome: 'refused', message });
      return mutex.run(contextOf(tenant, path), () => replace(tenant, path, values));
    },
    async forget(tenant) {
      const names = (await readdir(folder)).filter((name) => name.startsWith(filePrefixOf(tenant)));
      if (names.length > 0) requirePlace?.();
      await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
    },
  };
}
