// Runs before anything is installed, on Node 20 or newer: plain JavaScript, no dependency.
import { spawn } from 'node:child_process';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { nodeBinary } from './node-binary.mjs';

ensureInstalled();

const child = spawn(nodeBinary(), ['packages/server/src/main.ts', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
// A Ctrl-C reaches the child by itself, because it is in the same process group; a signal sent to this process alone is passed on.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});
