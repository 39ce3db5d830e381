import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Installs what the lock file names, unless exactly that was installed before. */
export function ensureInstalled() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const mark = join(root, 'node_modules', '.openkupe-lock');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return;
  console.error('openkupe: installing what is missing (once) …');
  // NOTE: `npm ci` refuses a lock file that lacks the binaries of some other platform, and not every registry has all of them;
  // `install --no-save` installs what the lock names, checks its hashes, and never writes to it.
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['install', '--no-save', '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    console.error('openkupe: npm could not install the dependencies; see its message above, and check the network');
    process.exit(1);
  }
  writeFileSync(mark, lock);
}
