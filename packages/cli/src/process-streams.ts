import { fstatSync, fsyncSync, readSync, statSync, writeSync } from 'node:fs';
import { misuse } from './failure/failure.ts';
import type { Input, Output } from './io.ts';

/** The members of a writable stream that {@link createOutput} uses. */
export type Writable = Pick<NodeJS.WriteStream, 'on' | 'write' | 'destroyed' | 'writableLength'> & {
  isTTY?: boolean;
  columns?: number;
  fd?: number;
};

/** The descriptor, if it is of a file or of a device that is no terminal; those are written to directly. */
function fileOf(stream: Writable): number | undefined {
  const { fd } = stream;
  if (fd === undefined || stream.isTTY) return undefined;
  try {
    const found = fstatSync(fd);
    return found.isFile() || found.isCharacterDevice() ? fd : undefined;
  } catch {
    return undefined;
  }
}

/** Writes all of it: a disk that is nearly full takes a part, which Node's own stream for files does not notice. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/**
 * Whether the descriptor was closed when the process started (`>&-`). Node then opens /dev/null there for reading and writing; the shell's
 * `>/dev/null` is write-only, so that a read fails.
 */
function isClosed(fd: number | undefined): boolean {
  if (fd === undefined) return false;
  try {
    if (fstatSync(fd).rdev !== statSync('/dev/null').rdev) return false;
    readSync(fd, Buffer.alloc(1));
    return true;
  } catch {
    return false;
  }
}

/** Resolves when everything that was written has left the process. */
function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}

/** A stream of the process as the {@link Output} of a run. Writing never throws: `flush` resolves with the first error. */
export function createOutput(stream: Writable): Output {
  const fd = fileOf(stream);
  let firstError: NodeJS.ErrnoException | undefined;
  const attempt = (work: () => void) => {
    try {
      work();
    } catch (error) {
      firstError ??= error as NodeJS.ErrnoException;
    }
  };
  stream.on('error', (error: NodeJS.ErrnoException) => {
    firstError ??= error;
  });
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
    get isClosed() {
      return isClosed(fd);
    },
    write(text) {
      if (firstError) return;
      attempt(() => (fd === undefined ? stream.write(text) : writeAll(fd, text)));
    },
    async flush(isDurable = false) {
      await flushed(stream);
      if (isDurable && fd !== undefined && !firstError) {
        // NOTE: a file system across a network may refuse only now (ENOSPC, EDQUOT); a device has nothing to wait for.
        attempt(() => fstatSync(fd).isFile() && fsyncSync(fd));
      }
      return firstError;
    },
  };
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

/** The longest standard input, in UTF-16 code units. */
const MOST_INPUT_LENGTH = 4 * 1024 * 1024;

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MOST_INPUT_LENGTH) throw misuse('Standard input is longer than 4 MiB; give less.');
  }
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
