import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Debian and Fedora put libfaketime, which answers for the C library's clocks: https://github.com/wolfcw/libfaketime */
const LIBRARY = [`/usr/lib/${arch() === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime`, '/usr/lib64/faketime', '/usr/lib/faketime']
  .map((folder) => join(folder, 'libfaketimeMT.so.1'))
  .find((path) => existsSync(path));
export const hasFaketime = LIBRARY !== undefined;

/** A wall clock for one process that can be set while the process runs. */
export interface FakeClock {
  /** For the environment of the process: its wall clock is this one, its monotonic clock is the machine's. */
  readonly variables: Readonly<Record<string, string>>;
  /** Sets the clock so many seconds ahead of the machine's, behind where negative. */
  set(seconds: number): void;
  end(): Promise<void>;
}

export async function createFakeClock(): Promise<FakeClock> {
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-clock-'));
  const file = join(folder, 'offset');
  const set = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  set(0);
  return {
    variables: {
      LD_PRELOAD: LIBRARY ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    set,
    end: () => rm(folder, { recursive: true }),
  };
}
