// Runs before anything is installed, by whatever Node there is: installs the workspace, and runs the simulation on the pinned Node.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled } from '../tools/ensure-installed.mjs';
import { nodeBinary } from '../tools/node-binary.mjs';

ensureInstalled();
const args = ['--no-warnings', join(import.meta.dirname, 'main.ts'), ...process.argv.slice(2)];
process.exitCode = spawnSync(nodeBinary(), args, { stdio: 'inherit' }).status ?? 1;
