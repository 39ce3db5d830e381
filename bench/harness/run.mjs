// `node bench/harness/run.mjs NAME …` runs before anything is installed, by whatever Node there is: plain JavaScript, no dependency. It
// installs the workspace, and the competitors where bench/NAME has a package.json of its own, and runs the benchmark on the pinned Node.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../../tools/ensure-installed.mjs';
import { nodeBinary } from '../../tools/node-binary.mjs';

function installCompetitors(folder) {
  if (!existsSync(join(folder, 'package.json'))) return;
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const mark = join(folder, 'node_modules', '.openkupe-lock');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return;
  process.stderr.write('Installing the competitors…\n');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
  writeFileSync(mark, lock);
}

const here = dirname(fileURLToPath(import.meta.url));
const [name = '', ...args] = process.argv.slice(2);
ensureInstalled();
const folder = join(here, '..', name);
installCompetitors(folder);
// NOTE: a benchmark whose parts do not run one after the other has a command of its own.
const own = join(folder, 'main.ts');
const command = existsSync(own) ? [own] : [join(here, 'main.ts'), name];
const { status, signal } = spawnSync(nodeBinary(), ['--no-warnings', ...command, ...args], { stdio: 'inherit' });
// NOTE: 1 is a missed target, which the table says; everything else would end without a word.
if (status !== 0 && status !== 1) process.stderr.write(`The benchmark ended early, with ${signal ?? `exit code ${status}`}\n`);
process.exitCode = status ?? 1;
