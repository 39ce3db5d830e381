import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Files in memory where the system has them: what a store does is the same, and a suite of fsyncs waits for no disk. */
const MEMORY = '/dev/shm';

/** A new folder, on the disk unless `inMemory`. */
export function makeScratchFolder(inMemory: boolean): string {
  return mkdtempSync(join(inMemory && existsSync(MEMORY) ? MEMORY : tmpdir(), 'openkupe-store-'));
}

/** A folder on the disk that goes with the test. */
export function scratchFolder(): string {
  const folder = makeScratchFolder(false);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
