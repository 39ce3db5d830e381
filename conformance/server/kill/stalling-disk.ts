import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk that a test lets stand still. */
export interface StallingDisk {
  /** The environment of a process on it. */
  readonly preload: Readonly<Record<string, string>>;
  stall(): void;
  goOn(): void;
  /** Removes what was built. */
  discard(): void;
}

/** Builds the library that it takes; `undefined` where there is no compiler, or no way to preload it. */
export function buildStallingDisk(): StallingDisk | undefined {
  if (process.platform !== 'linux') return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'openkupe-disk-'));
  const library = join(folder, 'stalling-disk.so');
  const flag = join(folder, 'stalled');
  const discard = () => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'stalling-disk.c'), '-ldl'], { stdio: 'ignore' });
  } catch {
    discard();
    return undefined;
  }
  // NOTE: PostgreSQL runs under another account.
  chmodSync(folder, 0o755);
  return {
    preload: { LD_PRELOAD: library, STALLED_DISK: flag },
    stall: () => writeFileSync(flag, ''),
    goOn: () => rmSync(flag, { force: true }),
    discard,
  };
}
