// Plain JavaScript: it finds the Node that runs the sources.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nodeBinary } from '../../tools/node-binary.mjs';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const { status } = spawnSync(nodeBinary(), ['--no-warnings', main, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
