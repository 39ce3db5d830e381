// Runs before anything is installed, on Node 20 or newer: plain JavaScript, no dependency.
import { spawn } from 'node:child_process';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { nodeBinary } from './node-binary.mjs';

const parent = process.ppid;
ensureInstalled();

// The IPC channel closes with this process, however it ends; the server stops then (see `untilAskedToStop` in serve.ts).
const child = spawn(nodeBinary(), ['packages/server/src/start/main.mjs', ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
child.on('error', (error) => {
  console.error(`openkupe: the server could not be started: ${error.message}`);
  process.exitCode = 1;
});

// A Ctrl-C reaches the server by itself, because it is in the same process group; the server takes a second SIGINT within a second for the same.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));

// npm that was killed with SIGKILL could pass nothing on; a supervisor that knows only its process id expects the server to end, too.
const PARENT_POLL_MS = 500;
if (process.env.npm_lifecycle_event) {
  setInterval(() => process.ppid === parent || child.kill('SIGTERM'), PARENT_POLL_MS).unref();
}

child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});
