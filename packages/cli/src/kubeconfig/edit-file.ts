import { constants, promises as fs } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '@openkupe/contract/clock';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { codeOf, openDraft, replaceFile } from '../files/replace-file.ts';

const LOCK_PATIENCE_MS = 10_000;
const LOCK_RETRY_MS = 100;

function cannot(sentence: string, next?: { run: string; why: string }): Failure {
  return new Failure(sentence, { code: 'file', exit: EXIT.failed, outcome: 'not-applied', next: next ? [next] : [] });
}

/** Takes the lock that kubectl takes too, `<file>.lock`; returns how to release it. */
async function lock(path: string, clock: Clock, signal: AbortSignal): Promise<() => Promise<void>> {
  const lockPath = `${path}.lock`;
  const givesUpAt = clock.monotonic() + LOCK_PATIENCE_MS;
  for (;;) {
    try {
      await (await fs.open(lockPath, 'wx', 0o600)).close();
      return () => fs.rm(lockPath, { force: true });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw cannot(`The file "${path}" cannot be locked (${codeOf(error)}).`);
      if (clock.monotonic() >= givesUpAt) {
        const next = { run: `rm ${lockPath}`, why: 'if no other program is editing it' };
        throw cannot(`The file "${path}" is locked by another program.`, next);
      }
      await clock.sleep(LOCK_RETRY_MS, signal);
    }
  }
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

/** Both files in one step each: the copy first, so that a full disk is noticed while the file is as it was. */
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
 * Changes a file that holds secrets: under a lock, by writing a new one and renaming it, so that nobody ever reads half of it. The
 * former text stays in `<file>.bak`; both are readable by their owner only. A symbolic link stays a link. What `edit` throws leaves
 * the file as it was, and so does a full disk. Waits up to 10 s for the lock.
 */
export async function editFile(givenPath: string, edit: (text: string) => string, clock: Clock, signal: AbortSignal): Promise<void> {
  const path = await fs.realpath(givenPath).catch(() => givenPath);
  await makeParent(path);
  const unlock = await lock(path, clock, signal);
  try {
    const before = await readEditable(path);
    await replaceAndKeep(path, before, edit(before ?? ''));
  } finally {
    await unlock();
  }
}

/** Writes a file that must not exist yet, readable by its owner only. One that cannot be written whole is removed again. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  let isMade = false;
  try {
    const file = await fs.open(path, 'wx', 0o600);
    isMade = true;
    await file
      .writeFile(text)
      .then(() => file.sync())
      .finally(() => file.close());
  } catch (error) {
    if (isMade) await fs.rm(path, { force: true });
    if (codeOf(error) === 'EEXIST') {
      throw new Failure(`The file "${path}" exists already; add --merge to merge into it.`, { code: 'file', exit: EXIT.conflict });
    }
    throw cannot(`The file "${path}" cannot be written (${codeOf(error)}).`);
  }
}
