// Runs before anything of the benchmark is installed: plain JavaScript, no dependency.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeBinary } from '../../tools/node-binary.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));
if (!existsSync(join(folder, 'node_modules'))) {
  process.stderr.write('Installing what the guard is measured beside…\n');
  execFileSync('npm', ['ci', '--ignore-scripts', '--loglevel=error'], { cwd: folder, stdio: ['ignore', 2, 2] });
}
const { status } = spawnSync(nodeBinary(), ['--no-warnings', join(folder, 'run.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
