import { systemClock, systemRandom } from '@openkupe/contract';
import { processEnvironment } from '../config/environment.ts';
import { askHidden } from './ask-hidden.ts';
import { runStoreCommand } from './run-store-command.ts';

// NOTE: a second signal ends the process at once, which leaves a draft that the next restore removes.
// The program that started this one with an IPC channel may end with SIGKILL; the transfer ends then, too.
const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => ending.abort());
process.once('disconnect', () => ending.abort());
process.channel?.unref();

process.exitCode = await runStoreCommand(process.argv.slice(3), {
  env: processEnvironment(),
  folder: process.cwd(),
  clock: systemClock,
  random: systemRandom,
  signal: ending.signal,
  ask: process.stdin.isTTY ? askHidden : undefined,
  say: (line) => void process.stdout.write(`${line}\n`),
  complain: (sentence) => void process.stderr.write(`openkupe: ${sentence}\n`),
});
