import type { Io, SignalName } from '../io.ts';

export interface FakeTerminal {
  readonly isTerminal?: boolean;
  readonly columns?: number;
  /** What is typed or piped in. */
  readonly input?: string;
  /** Nobody ever types anything. */
  readonly isSilent?: boolean;
  readonly homeFolder?: string;
}

export interface FakeIo extends Io {
  /** Everything written so far. */
  readonly out: () => string;
  readonly err: () => string;
  /** Sends a signal to whoever listens. */
  send(name: SignalName): void;
  readonly listening: () => number;
}

/** The outside of a run in memory: a terminal or none, with what is typed on it. */
export function createFakeIo({
  isTerminal = false,
  columns,
  input = '',
  isSilent = false,
  homeFolder = '/nonexistent',
}: FakeTerminal = {}): FakeIo {
  let out = '';
  let err = '';
  const listeners = new Set<(name: SignalName) => void>();
  const width = columns ?? (isTerminal ? 100 : undefined);
  return {
    stdin: {
      isTerminal,
      readAll: async () => input,
      readLine: () => (isSilent ? new Promise(() => {}) : Promise.resolve(input === '' ? undefined : input.split('\n')[0])),
    },
    stdout: {
      isTerminal,
      columns: width,
      write: (text) => {
        out += text;
      },
    },
    stderr: {
      isTerminal,
      columns: width,
      write: (text) => {
        err += text;
      },
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
