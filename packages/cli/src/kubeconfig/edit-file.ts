import { constants, promises as fs } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '@openkupe/contract/clock';
import { openDraft } from '@openkupe/files/draft';
import { codeOf } from '@openkupe/files/error-code';
import { createFile, replaceFile } from '@openkupe/files/replace-file';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { SHARED_LOCK, withLock } from '../files/file-lock.ts';

function cannot(sentence: string): Failure {
  return new Failure(sentence, { code: 'file', exit: EXIT.failed, outcome: 'not-applied' });
}

/** The text of the file, undefined when there is none. Fails for one that may not be changed. */
async function readEditable(path: string): Promise<string | undefined> {
  try {
    const text = await fs.readFile(path, 'utf8');
    await fs.access(path, constants.W_OK);
    return text;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw cannot(`The file "${path}" cannot be changed (${codeOf(error)}).`);
  }
}

async function makeParent(path: string): Promise<void> {
  try {
    await fs.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw cannot(`The folder "${dirname(path)}" cannot be made (${codeOf(error)}).`);
  }
}

/** Replaces both files, the copy first, so that a full disk is noticed while the file is unchanged. */
async function replaceAndKeep(path: string, before: string | undefined, after: string): Promise<void> {
  try {
    const draft = await openDraft(path, Buffer.byteLength(after));
    try {
      if (before !== undefined) await replaceFile(`${path}.bak`, before);
      await draft.replace(after);
    } finally {
      await draft.discard();
    }
  } catch (error) {
    throw cannot(`The file "${path}" was left as it is, because it cannot be written (${codeOf(error)}).`);
  }
}

/**
 * Changes a file that holds secrets: under the lock that kubectl takes too, by writing a new one and renaming it, so that no reader sees
 * half of it. The former text stays in `FILE.bak`; both are readable by their owner only. A symbolic link stays a link. What `edit`
 * throws leaves the file as it was, and so does a full disk. Waits up to 10 s for the lock.
 */
export async function editFile(givenPath: string, edit: (text: string) => string, clock: Clock, signal: AbortSignal): Promise<void> {
  const path = await fs.realpath(givenPath).catch(() => givenPath);
  await makeParent(path);
  await withLock(path, SHARED_LOCK, { clock, signal }, async () => {
    const before = await readEditable(path);
    await replaceAndKeep(path, before, edit(before ?? ''));
  });
}

/** Writes a file that must not exist yet, as a whole, readable by its owner only. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  try {
    await createFile(path, text);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      throw new Failure(`The file "${path}" exists already; add --merge to merge into it.`, { code: 'file', exit: EXIT.conflict });
    }
    throw cannot(`The file "${path}" cannot be written (${codeOf(error)}).`);
  }
}
