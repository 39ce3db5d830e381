import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Random } from '@openkupe/contract';
import { codeOf } from '@openkupe/files/error-code';
import { seal, unseal } from '../../crypto/seal.ts';
import { altered } from './backup-format.ts';
import type { Part, SealedFile } from './parts.ts';

/** Folders in the data folder, and how the names of their files end: sealed values of secrets, and records of sandbox clusters. */
const KEPT: readonly (readonly [folder: string, ending: string])[] = [
  ['secret-values', '.sealed'],
  ['sandbox', '.json'],
];
const PATH = /^(secret-values\/(?:[0-9a-f]{16}-)?[0-9a-f]{64}\.sealed|sandbox\/[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.json)$/;

const contextOf = (path: string) => `openkupe backup: ${path}`;

/** Seals the text of a file of the data folder. */
export function sealFile(path: string, text: string, key: Uint8Array, random: Random): SealedFile {
  return { path, sealed: seal(text, contextOf(path), key, random) };
}

/** The files of a data folder, each sealed with the answer key: the records hold private keys. */
export async function* sealedFilesIn(folder: string, key: Uint8Array, random: Random): AsyncGenerator<Part> {
  for (const [name, ending] of KEPT) {
    const names = (await readdir(join(folder, name)).catch(unless('ENOENT'))) ?? [];
    for (const file of names.filter((one) => one.endsWith(ending)).sort()) {
      // NOTE: a cluster may be deleted meanwhile; what cannot be read may be a folder.
      const text = await readFile(join(folder, name, file), 'utf8').catch(unless('ENOENT', 'EISDIR'));
      const path = `${name}/${file}`;
      if (text !== undefined) yield { kind: 'file', file: sealFile(path, text, key, random) };
    }
  }
}

function unless(...codes: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes(codeOf(error))) throw error;
  };
}

/** Writes a file of a backup below `folder`, unless one was made from a row, which is newer. @throws {TransferError} where it was sealed with other secrets, or altered. */
export async function writeSealedFile(folder: string, { path, sealed }: SealedFile, key: Uint8Array): Promise<void> {
  if (!PATH.test(path)) throw altered('it holds a file that belongs to no data folder');
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const text = unsealed(path, sealed, key);
  await writeFile(target, text, { flag: 'wx', mode: 0o600, flush: true }).catch(unless('EEXIST'));
}

function unsealed(path: string, sealed: string, key: Uint8Array): string {
  try {
    return unseal(sealed, contextOf(path), key);
  } catch {
    throw altered(`its file ${path} was not sealed with the secrets of the installation`);
  }
}
