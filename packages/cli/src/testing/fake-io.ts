import type { Io, SignalName } from '../io.ts';

export interface FakeTerminal {
  readonly isTerminal?: boolean;
  readonly columns?: number;
  /** What is typed or piped in. */
  readonly input?: string;
  /** Standard input never yields a line. */
  readonly isSilent?: boolean;
  /** A folder that cannot be written, if not given. */
  readonly homeFolder?: string;
  /** The code of the error that writing to stdout meets, e.g. ENOSPC. */
  readonly stdoutError?: string;
  /** It was closed when the process started. */
  readonly isStdoutClosed?: boolean;
}

export interface FakeIo extends Io {
  /** Everything written so far. */
  readonly out: () => string;
  readonly err: () => string;
  /** Calls the signal listeners. */
  send(name: SignalName): void;
  readonly listening: () => number;
}

/** An {@link Io} in memory: a terminal or none, with what is typed on it. */
export function createFakeIo({
  isTerminal = false,
  columns,
  input = '',
  isSilent = false,
  homeFolder = '/dev/null',
  stdoutError,
  isStdoutClosed = false,
}: FakeTerminal = {}): FakeIo {
  let out = '';
  let err = '';
  const lines = input === '' ? [] : input.replace(/\n$/, '').split('\n');
  const listeners = new Set<(name: SignalName) => void>();
  const width = columns ?? (isTerminal ? 100 : undefined);
  return {
    stdin: {
      isTerminal,
      readAll: async () => input,
      readLine: () => (isSilent ? new Promise(() => {}) : Promise.resolve(lines.shift())),
    },
    stdout: {
      isTerminal,
      columns: width,
      isClosed: isStdoutClosed,
      write: (text) => {
        out += text;
      },
      flush: async () => (stdoutError === undefined ? undefined : Object.assign(new Error(stdoutError), { code: stdoutError })),
    },
    stderr: {
      isTerminal,
      columns: width,
      isClosed: false,
      write: (text) => {
        err += text;
      },
      flush: async () => undefined,
    },
    onSignal(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    homeFolder,
    installedAt: import.meta.filename,
    node: { path: process.execPath, version: 'v24.0.0' },
    out: () => out,
    err: () => err,
    send: (name) => {
      for (const listener of [...listeners]) listener(name);
    },
    listening: () => listeners.size,
  };
}
