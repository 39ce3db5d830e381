/** A stream that is written to: stdout carries the result alone, stderr everything else. */
export interface Output {
  readonly isTerminal: boolean;
  /** Width in columns; undefined where there is no terminal. Read again for every line, because windows are resized. */
  readonly columns: number | undefined;
  /** Whether it was closed when the process started, so that nothing written can arrive. */
  readonly isClosed: boolean;
  /** Never throws; the first error is what `flush` resolves with. */
  write(text: string): void;
  /**
   * Resolves when everything has left the process, with the first error that writing met (ENOSPC, EPIPE, EBADF, …), or undefined. With
   * `isDurable` a file has it on its disk then.
   */
  flush(isDurable?: boolean): Promise<NodeJS.ErrnoException | undefined>;
}

/** Standard input. */
export interface Input {
  readonly isTerminal: boolean;
  /** Everything up to the end of the input, as UTF-8. Fails with exit code 2 beyond 4 MiB. */
  readAll(): Promise<string>;
  /** One typed line without its line end; undefined at the end of the input. Rejects with the signal's reason when it aborts. */
  readLine(signal: AbortSignal): Promise<string | undefined>;
}

/** The signals that end a command. */
export type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The streams, signals and paths of the process. main.ts makes it from the real process, tests from memory. */
export interface Io {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Calls `listener` for every signal until the returned function is called. */
  onSignal(listener: (name: SignalName) => void): () => void;
  readonly homeFolder: string;
  /** The file the CLI was started from: what is installed beside it (the server, a newer Node) is found from here. */
  readonly installedAt: string;
  readonly node: { readonly path: string; readonly version: string };
}

/** The environment variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;
