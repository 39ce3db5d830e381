import { promises as fs } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock } from '@openkupe/contract/clock';
import { type Random, systemRandom } from '@openkupe/contract/random';
import { codeOf } from '@openkupe/files/error-code';
import { createFile } from '@openkupe/files/replace-file';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { asIdentity, hasEnded, ownIdentity } from './process-identity.ts';

/** How a lock is waited for. */
export interface LockKind {
  /** How long to wait for it, in milliseconds. */
  readonly patienceMs: number;
  /** The mean time between two attempts, in milliseconds. */
  readonly retryMs: number;
  /** Whether a lock is taken over whose holder is dead or has abandoned it. */
  readonly isTakenOver: boolean;
}

/** A lock that only this program takes. The patience is more than several holders in a row can take. */
export const OWN_LOCK: LockKind = { patienceMs: 120_000, retryMs: 50, isTakenOver: true };

/** A lock that other programs take too, as kubectl does that of a kubeconfig: theirs are empty, and say nothing about their holder. */
export const SHARED_LOCK: LockKind = { patienceMs: 10_000, retryMs: 100, isTakenOver: false };

/** A holder makes at most two requests to an issuer, 10 s each: a lock that did not change for so long is abandoned. */
const ABANDONED_MS = 30_000;
/** An empty lock is being written, or its writer died in between. */
const EMPTY_MS = 2_000;

interface LockDependencies {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly random?: Random;
}

/** A lock file that was read: its number, and its text. */
interface Seen {
  readonly generation: number;
  readonly text: string;
}

/** The first lock of `path` is `PATH.lock`. To take over lock n, a process creates lock n + 1, which succeeds for one process only. */
function lockPath(path: string, generation: number): string {
  return generation === 1 ? `${path}.lock` : `${path}.lock.${generation}`;
}

async function generations(path: string): Promise<number[]> {
  const first = `${basename(path)}.lock`;
  const names = await fs.readdir(dirname(path)).catch(() => []);
  const numbers = names
    .filter((name) => name === first || name.startsWith(`${first}.`))
    .map((name) => (name === first ? 1 : Number(/^[1-9]\d{0,8}$/.exec(name.slice(first.length + 1))?.[0])));
  return numbers.filter((number) => number > 0).sort((left, right) => right - left);
}

/** The text of a lock, undefined where there is none; the code of the error for a folder, a dangling link or an unreadable file. */
async function read(path: string): Promise<string | undefined> {
  try {
    return await fs.readFile(path, 'utf8');
  } catch (error) {
    return (await fs.lstat(path).catch(() => undefined)) && codeOf(error);
  }
}

/** Whether the lock was made; false where there is one already. One without content is the work of another program. */
async function create(path: string, mark: string): Promise<boolean> {
  try {
    await createFile(path, mark);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    const sentence = `Nothing was changed, because the lock "${path}" cannot be written (${codeOf(error)}).`;
    throw new Failure(sentence, { code: 'file', exit: EXIT.failed, outcome: 'not-applied' });
  }
}

/** How long a lock with that text may stay unchanged, in milliseconds of this process's own clock; 0 when its holder is known to be dead. */
function graceMs(text: string): number {
  try {
    const holder = asIdentity((JSON.parse(text) as { holder?: unknown }).holder);
    return holder && hasEnded(holder) ? 0 : ABANDONED_MS;
  } catch {
    return text.trim() === '' ? EMPTY_MS : ABANDONED_MS;
  }
}

/** Tries to take the lock once. Returns the path of the lock that is held now, or the lock that is in the way. */
async function tryToTake(path: string, mark: string, dead: Seen | undefined): Promise<string | Seen | undefined> {
  const [highest = 0] = await generations(path);
  const text = highest === 0 ? undefined : await read(lockPath(path, highest));
  if (highest > 0 && text === undefined) return undefined;
  const isDead = highest > 0 && dead?.generation === highest && dead.text === text;
  if (text !== undefined && !isDead) return { generation: highest, text };
  const own = lockPath(path, highest + 1);
  if (!(await create(own, mark))) return undefined;
  // NOTE: from here on no other process can take over the same lock; but it may have changed before, so it is read again.
  const after = (await generations(path)).filter((number) => number !== highest + 1);
  const isStill = highest === 0 ? after.length === 0 : after[0] === highest && (await read(lockPath(path, highest))) === text;
  if (!isStill) {
    await fs.rm(own, { force: true });
    return undefined;
  }
  for (const former of after) await fs.rm(lockPath(path, former), { force: true, recursive: true });
  return own;
}

function locked(path: string, { isTakenOver }: LockKind): Failure {
  const [holder, next] = isTakenOver
    ? ['openkupe', { run: `rm -r ${path}.lock*`, why: 'if no other openkupe is running' }]
    : ['program', { run: `rm ${path}.lock`, why: 'if no other program is editing it' }];
  const details = { code: 'file', exit: EXIT.failed, outcome: 'not-applied', next: [next] } as const;
  return new Failure(`The file "${path}" is locked by another ${holder}.`, details);
}

/** Waits until the lock is taken and returns the file that holds it. */
async function take(
  path: string,
  kind: LockKind,
  mark: string,
  { clock, signal, random = systemRandom }: LockDependencies,
): Promise<string> {
  const givesUpAt = clock.monotonic() + kind.patienceMs;
  let watched: Seen | undefined;
  let since = 0;
  let dead: Seen | undefined;
  for (;;) {
    const found = await tryToTake(path, mark, dead);
    if (typeof found === 'string') return found;
    if (clock.monotonic() >= givesUpAt) throw locked(path, kind);
    if (found?.generation !== watched?.generation || found?.text !== watched?.text) since = clock.monotonic();
    watched = found;
    const isDead = kind.isTakenOver && found !== undefined && clock.monotonic() - since >= graceMs(found.text);
    dead = isDead ? found : undefined;
    // NOTE: a random interval, so that two processes do not collide again and again.
    if (!dead) await clock.sleep(kind.retryMs * (0.5 + random.unit()), signal);
  }
}

/**
 * Runs `work` while holding the lock of `path` (`PATH.lock`), which at most one process holds. An own lock whose holder is dead is taken
 * over at once, an empty one after 2 s, and any other that did not change for 30 s: measured by the time that this process waits, never
 * by a date. Fails with a {@link Failure} that says which file to remove when the patience of its kind has run out.
 */
export async function withLock<Value>(
  path: string,
  kind: LockKind,
  dependencies: LockDependencies,
  work: () => Promise<Value>,
): Promise<Value> {
  const { random = systemRandom } = dependencies;
  const mark = JSON.stringify({ holder: ownIdentity(), mark: Buffer.from(random.bytes(12)).toString('hex') });
  const held = await take(path, kind, mark, dependencies);
  try {
    return await work();
  } finally {
    // NOTE: only our own lock; another process may have taken it over while this one was suspended.
    if ((await read(held)) === mark) await fs.rm(held, { force: true });
  }
}
