import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const BUILD = fileURLToPath(new URL('../../build.mjs', import.meta.url));

/** Builds the package as it is published into the `node_modules` of a new folder, as if it had been installed there. */
export async function installBuiltPackage(): Promise<{ folder: string; dist: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'openkupe-sdk-'));
  const dist = join(folder, 'node_modules/@openkupe/sdk');
  mkdirSync(dirname(dist), { recursive: true });
  await promisify(execFile)(process.execPath, [BUILD, dist]);
  return { folder, dist };
}
