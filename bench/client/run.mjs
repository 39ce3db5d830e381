// Runs before anything of the benchmark is installed, by whatever Node there is: plain JavaScript, no dependency.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../../tools/ensure-installed.mjs';
import { nodeBinary } from '../../tools/node-binary.mjs';

ensureInstalled();
const here = dirname(fileURLToPath(import.meta.url));
const bench = dirname(here);
const lock = readFileSync(join(bench, 'package-lock.json'), 'utf8');
const mark = join(bench, 'node_modules', '.openkupe-lock');
if (!existsSync(mark) || readFileSync(mark, 'utf8') !== lock) {
  process.stderr.write('Installing the competitors…\n');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: bench, stdio: ['ignore', 2, 2] });
  writeFileSync(mark, lock);
}
const { status, signal } = spawnSync(nodeBinary(), ['--no-warnings', join(here, 'main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// NOTE: 1 is a missed target, and has been said; everything else would end without a word.
if (status !== 0 && status !== 1) process.stderr.write(`The benchmark ended before its time, with ${signal ?? `exit code ${status}`}\n`);
process.exitCode = status ?? 1;
