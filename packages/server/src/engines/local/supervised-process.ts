import { spawn } from 'node:child_process';
import { closeSync, openSync, renameSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@openkupe/contract';
import { codeOf } from '@openkupe/files/error-code';
import type { Log } from '../../log/log.ts';
import { identityOf, isStill } from './process-identity.ts';
import { type ProcessRecord, processRecordAt, terminate } from './process-record.ts';

/** A program with its arguments. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** What is to run. */
export interface Wanted {
  /** The command as it is to be now. */
  readonly command: () => Command;
  /** Called before the program is started, not before it is adopted. Afterwards `command` is asked again. */
  readonly prepare?: () => Promise<void>;
}

/** One process that is started again whenever it ends, with growing waits. It outlives this process, and is adopted by the next one. */
export interface SupervisedProcess {
  readonly isRunning: boolean;
  /** How it ended last, for a person; empty once it has run for a while, and for another command. */
  readonly lastEnd: string;
  /** Runs the command from now on. Nothing happens where it runs; resolves once a process with another command has ended. */
  run(wanted: Wanted): Promise<void>;
  /** Stops the supervision. The process goes on. */
  leave(): Promise<void>;
  /** Ends the process, if there is one, and the supervision. */
  stop(): Promise<void>;
  /** Keeps its log bounded. */
  trimLog(): void;
}

/** Waits before the program is started again: the first, and the longest. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
/** Who has run this long is well. */
const STEADY_MS = 20_000;
/** Between two looks at a process that is not a child of this one. */
const ADOPTED_POLL_MS = 500;
/** A log that is longer is moved aside at the next start, and emptied while the process runs on. */
const LONGEST_LOG_BYTES = 8 * 2 ** 20;

/** Without the text of the error, which names files of this machine: tenants read it. */
const notStarted = (error: unknown) => `before it could start (${codeOf(error)})`;
const textOf = ({ program, args }: Command) => [program, ...args].join(' ');
const bytesOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** A started or adopted process. */
interface Running {
  readonly isRunning: boolean;
  /** How it ended, once it has. */
  readonly ended: Promise<string>;
}

/** A process with what its supervision needs. */
interface Supervised {
  readonly name: string;
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  readonly record: ProcessRecord;
  readonly logPath: string;
}

/** The recorded process, if it still runs and has this command. */
function adopt({ record, clock }: Supervised, command: Command, signal: AbortSignal): Running | undefined {
  const found = record.read();
  if (found?.command !== textOf(command)) return undefined;
  const poll = async () => {
    while (!signal.aborted && isStill(found)) await clock.sleep(ADOPTED_POLL_MS, signal).catch(() => {});
    return 'after it was adopted';
  };
  return { isRunning: true, ended: poll() };
}

function start({ folder, record, logPath }: Supervised, { program, args }: Command): Running {
  if (bytesOf(logPath) > LONGEST_LOG_BYTES) renameSync(logPath, `${logPath}.old`);
  const output = openSync(logPath, 'a', 0o600);
  // NOTE: in a session of its own, so that a Ctrl-C in the terminal reaches this process alone; and without its environment, which may hold secrets.
  const child = spawn(program, args, { cwd: folder, detached: true, stdio: ['ignore', output, output], env: { HOME: folder } });
  closeSync(output);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(notStarted(error)));
    child.once('exit', (code, signal) => resolve(signal === null ? `with exit code ${code}` : `by ${signal}`));
  });
  child.unref();
  const identity = child.pid === undefined ? undefined : identityOf(child.pid);
  try {
    if (identity) record.write(identity);
  } catch (error) {
    // NOTE: what has no record would never be found again.
    child.kill('SIGKILL');
    throw error;
  }
  return { isRunning: identity !== undefined, ended };
}

/** Adopts the process, or starts it. */
async function begin(supervised: Supervised, { command, prepare }: Wanted, signal: AbortSignal): Promise<Running> {
  const adopted = adopt(supervised, command(), signal);
  if (adopted) return adopted;
  try {
    await prepare?.();
    return start(supervised, command());
  } catch (error) {
    supervised.log.warn({ err: error }, `${supervised.name} could not be started`);
    return { isRunning: false, ended: Promise.resolve(notStarted(error)) };
  }
}

/** What is known of a supervised process. */
interface Seen {
  isRunning: boolean;
  lastEnd: string;
  /** The command that runs, or is to run. */
  runs: string;
}

/** Calls the end forgotten once the process has run for a while. */
function forgetEndLater(clock: Clock, seen: Seen): AbortController {
  const unsteady = new AbortController();
  clock.sleep(STEADY_MS, unsteady.signal).then(
    () => {
      seen.lastEnd = '';
    },
    () => {},
  );
  return unsteady;
}

async function keepRunning(supervised: Supervised, wanted: Wanted, seen: Seen, onChange: () => void, signal: AbortSignal): Promise<void> {
  const { name, clock, log, logPath } = supervised;
  for (let failures = 0; !signal.aborted; ) {
    const startedMs = clock.monotonic();
    const running = await begin(supervised, wanted, signal);
    seen.runs = textOf(wanted.command());
    seen.isRunning = running.isRunning;
    if (failures > 0) onChange();
    const unsteady = forgetEndLater(clock, seen);
    const end = await Promise.race([running.ended, untilAborted(signal)]);
    unsteady.abort();
    if (end === undefined) return;
    seen.isRunning = false;
    seen.lastEnd = `${name} ended ${end}`;
    log.warn({ log: logPath }, `${seen.lastEnd}; it is started again`);
    onChange();
    failures = clock.monotonic() - startedMs > STEADY_MS ? 1 : failures + 1;
    await clock.sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)), signal).catch(() => {});
  }
}

/** Supervises the process `name` with its record and log in `folder`. Nothing is started before `run`. */
export function superviseProcess(options: {
  readonly name: string;
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  /** Called when the process has ended by itself, and when it runs again. */
  readonly onChange?: () => void;
}): SupervisedProcess {
  const { name, folder, clock, onChange = () => {} } = options;
  const record = processRecordAt(join(folder, `${name}.pid`));
  const supervised: Supervised = { ...options, record, logPath: join(folder, `${name}.log`) };
  const seen: Seen = { isRunning: false, lastEnd: '', runs: '' };
  let supervision: { readonly end: AbortController; readonly loop: Promise<void> } | undefined;

  async function leave(): Promise<void> {
    const { end, loop } = supervision ?? {};
    supervision = undefined;
    end?.abort();
    await loop;
    seen.isRunning = false;
  }
  return {
    get isRunning() {
      return supervision ? seen.isRunning : record.read() !== undefined;
    },
    get lastEnd() {
      return seen.lastEnd;
    },
    async run(wanted) {
      const text = textOf(wanted.command());
      if (supervision && seen.runs === text) return;
      await leave();
      seen.lastEnd = record.hasEnded() ? `${name} ended while it was not supervised` : '';
      seen.runs = text;
      const left = record.read();
      seen.isRunning = left?.command === text;
      // NOTE: before this resolves, so that no answer of the former process is taken for one of its successor.
      if (left && !seen.isRunning) await terminate(left, clock);
      const end = new AbortController();
      supervision = { end, loop: keepRunning(supervised, wanted, seen, onChange, end.signal) };
    },
    leave,
    async stop() {
      await leave();
      seen.lastEnd = '';
      const found = record.read();
      if (found) await terminate(found, clock);
      record.remove();
    },
    trimLog() {
      // NOTE: the process appends, so that it goes on at the new end.
      if (bytesOf(supervised.logPath) > LONGEST_LOG_BYTES) truncateSync(supervised.logPath);
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
