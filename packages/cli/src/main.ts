import { homedir } from 'node:os';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { systemClock } from '@openkupe/contract/clock';
import type { Input, Io, Output, SignalName } from './io.ts';
import { run } from './run.ts';

const SIGNALS: readonly SignalName[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function output(stream: NodeJS.WriteStream): Output {
  // NOTE: a reader that has gone (`openkupe cluster list | head -1`) is no failure of the command.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns as number | undefined;
    },
    write: (line) => void stream.write(line),
  };
}

function input(stream: NodeJS.ReadStream): Input {
  return {
    isTerminal: stream.isTTY === true,
    readAll: () => text(stream),
    readLine: (signal) =>
      new Promise((resolve, reject) => {
        const lines = createInterface({ input: stream, terminal: false });
        const abort = () => {
          // NOTE: first, because closing answers as the end of the input does.
          reject(signal.reason);
          lines.close();
        };
        signal.addEventListener('abort', abort, { once: true });
        lines.once('close', () => resolve(undefined));
        lines.once('line', (line) => {
          resolve(line);
          signal.removeEventListener('abort', abort);
          lines.close();
        });
      }),
  };
}

function onSignal(listener: (name: SignalName) => void): () => void {
  for (const name of SIGNALS) process.on(name, listener);
  return () => {
    for (const name of SIGNALS) process.off(name, listener);
  };
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}

/** Runs the command line of this process. `installedAt` is the file it was started from. */
export async function main(installedAt: string): Promise<void> {
  const io: Io = {
    stdin: input(process.stdin),
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    onSignal,
    homeFolder: homedir(),
    installedAt,
    node: { path: process.execPath, version: process.version },
  };
  const code = await run(process.argv.slice(2), io, process.env, systemClock);
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(code);
}
