import { homedir } from 'node:os';
import { systemClock } from '@openkupe/contract/clock';
import type { Io, SignalName } from './io.ts';
import { createInput, createOutput } from './process-streams.ts';
import { run } from './run.ts';

const SIGNALS: readonly SignalName[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function onSignal(listener: (name: SignalName) => void): () => void {
  for (const name of SIGNALS) process.on(name, listener);
  return () => {
    for (const name of SIGNALS) process.off(name, listener);
  };
}

/** Runs the command line of this process. `installedAt` is the file it was started from. */
export async function main(installedAt: string): Promise<void> {
  const io: Io = {
    // NOTE: a getter, because opening stdin costs time that most commands need not pay.
    get stdin() {
      return createInput(process.stdin);
    },
    stdout: createOutput(process.stdout),
    stderr: createOutput(process.stderr),
    onSignal,
    homeFolder: homedir(),
    installedAt,
    node: { path: process.execPath, version: process.version },
  };
  const code = await run(process.argv.slice(2), io, process.env, systemClock);
  process.exit(code);
}
