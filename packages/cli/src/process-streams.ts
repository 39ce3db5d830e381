import type { Input, Output } from './io.ts';

/** What is needed of a stream that is written to: process.stdout, or any other. */
export type Writable = Pick<NodeJS.WriteStream, 'on' | 'write' | 'destroyed' | 'writableLength'> & { isTTY?: boolean; columns?: number };

/** A stream of the process as the {@link Output} of a run. */
export function createOutput(stream: Writable): Output {
  // NOTE: a reader that has gone (`openkupe cluster list | head -1`) is no failure of the command.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
    write: (text) => void stream.write(text),
  };
}

/** Resolves when everything that was written has left the process. */
export function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}

async function readLine(stream: NodeJS.ReadableStream, signal: AbortSignal): Promise<string | undefined> {
  const { createInterface } = await import('node:readline');
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stream, terminal: false });
    const abort = () => {
      // NOTE: rejects first, because closing resolves as the end of the input does.
      reject(signal.reason);
      lines.close();
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    lines.once('close', () => {
      signal.removeEventListener('abort', abort);
      resolve(undefined);
    });
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
  });
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}

/** A stream of the process as the {@link Input} of a run. */
export function createInput(stream: NodeJS.ReadableStream & { isTTY?: boolean }): Input {
  return {
    isTerminal: stream.isTTY === true,
    readAll: () => readAll(stream),
    readLine: (signal) => readLine(stream, signal),
  };
}
