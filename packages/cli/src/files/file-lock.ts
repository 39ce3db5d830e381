import { promises as fs } from 'node:fs';
import type { Clock } from '@openkupe/contract/clock';
import { type Random, systemRandom } from '@openkupe/contract/random';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';

/** Longer than a holder can take: two requests to an issuer, with their timeouts. */
const PATIENCE_MS = 45_000;
const RETRY_MS = 50;
/** Whoever holds it for so long has died. */
const ABANDONED_MS = 60_000;

interface Scene {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly random?: Random;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    await fs.writeFile(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw new Failure(`The file "${path}" cannot be written (${codeOf(error)}).`, { code: 'file', exit: EXIT.failed });
  }
}

async function isAbandoned(path: string, nowMs: number): Promise<boolean> {
  const [since = ''] = (await fs.readFile(path, 'utf8').catch(() => '')).split(' ');
  return since !== '' && nowMs - Number(since) > ABANDONED_MS;
}

/** Removes a lock whose holder has died. Only one process at a time looks and removes, so that nobody removes a lock just taken. */
async function clear(path: string, clock: Clock): Promise<void> {
  const guard = `${path}.clearing`;
  if (!(await isAbandoned(path, clock.now())) || !(await create(guard, ''))) return;
  try {
    if (await isAbandoned(path, clock.now())) await fs.rm(path, { force: true });
  } finally {
    await fs.rm(guard, { force: true });
  }
}

/**
 * Runs `work` while holding `<path>.lock`, which at most one process holds. Waits up to 45 s for it; a lock older than a minute is taken
 * over, because its holder has died.
 */
export async function withLock<Value>(
  path: string,
  { clock, signal, random = systemRandom }: Scene,
  work: () => Promise<Value>,
): Promise<Value> {
  const lockPath = `${path}.lock`;
  const mark = `${clock.now()} ${Buffer.from(random.bytes(12)).toString('hex')}`;
  const givesUpAt = clock.monotonic() + PATIENCE_MS;
  while (!(await create(lockPath, mark))) {
    if (clock.monotonic() >= givesUpAt) {
      const next = { run: `rm ${lockPath}`, why: 'if no other openkupe is running' };
      throw new Failure(`The file "${path}" is locked by another openkupe.`, { code: 'file', exit: EXIT.failed, next: [next] });
    }
    await clear(lockPath, clock);
    await clock.sleep(RETRY_MS, signal);
  }
  try {
    return await work();
  } finally {
    // NOTE: only our own; it may have been taken over while this process was suspended.
    if ((await fs.readFile(lockPath, 'utf8').catch(() => '')) === mark) await fs.rm(lockPath, { force: true });
  }
}
