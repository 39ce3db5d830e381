import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Clock } from '@openkupe/contract';
import { isStill, type ProcessIdentity } from './process-identity.ts';

/** The record of a process that was started, beside its log: a later process of openkupe finds it there, and adopts it. */
export interface ProcessRecord {
  /** The recorded process, if it still runs and is no other one under its id. */
  read(): ProcessIdentity | undefined;
  /** Whether one is recorded that does not run any more: it ended by itself, because who ends it removes the record. */
  hasEnded(): boolean;
  /** Synchronous, so that nothing comes between a start and its record but the end of this process. */
  write(identity: ProcessIdentity): void;
  remove(): void;
}

/** The record in a file. One that cannot be read counts as none: what it meant is then not touched. */
export function processRecordAt(path: string): ProcessRecord {
  function read() {
    try {
      const recorded = JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity;
      return Number.isInteger(recorded.pid) && recorded.pid > 1 && isStill(recorded) ? recorded : undefined;
    } catch {
      return undefined;
    }
  }
  return {
    read,
    hasEnded: () => existsSync(path) && read() === undefined,
    write: (identity) => writeFileSync(path, JSON.stringify(identity), { mode: 0o600 }),
    remove: () => rmSync(path, { force: true }),
  };
}

/** How long a process may take to end by itself. */
const GRACE_MS = 5_000;
const POLL_MS = 50;

function signal({ pid }: ProcessIdentity, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended in this moment.
  }
}

/** Ends the process, by SIGKILL where it does not end by itself. Never another one that got its id. */
export async function terminate(identity: ProcessIdentity, clock: Pick<Clock, 'sleep' | 'monotonic'>): Promise<void> {
  const beganMs = clock.monotonic();
  if (isStill(identity)) signal(identity, 'SIGTERM');
  let isKilled = false;
  while (isStill(identity)) {
    await clock.sleep(POLL_MS);
    if (isKilled || clock.monotonic() - beganMs < GRACE_MS) continue;
    signal(identity, 'SIGKILL');
    isKilled = true;
  }
}
