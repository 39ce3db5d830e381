import { execFile, fork } from 'node:child_process';

/** Bounds of a process that measures once. */
export interface WorkerLimits {
  /** The longest it may take. */
  readonly limitMs?: number;
  /** Memory for JavaScript objects, in megabytes. */
  readonly heapMb?: number;
  /** The Node that runs it. */
  readonly node?: string;
}

/** Why a process has no result, in a few words that fit a table. */
export class DidNotFinish extends Error {}

function reasonOf(error: Error & { killed?: boolean }, complaint: string, limitMs: number, heapMb: number): string {
  if (error.killed) return `over ${limitMs / 1000} s`;
  if (complaint.includes('heap out of memory')) return `out of memory at ${Math.round(heapMb / 1000)} GB`;
  return /^\w*Error: .*/m.exec(complaint)?.[0] ?? error.message.split('\n')[0] ?? 'unknown';
}

/**
 * Runs `file` in a process of its own and returns the JSON on the last line that it prints. `gc()` is there.
 *
 * @throws {DidNotFinish}
 */
export function runWorker(
  file: URL,
  given: readonly string[] = [],
  { limitMs = 600_000, heapMb = 4_000, node = process.execPath }: WorkerLimits = {},
): Promise<unknown> {
  const flags = ['--expose-gc', `--max-old-space-size=${heapMb}`, '--no-warnings'];
  const options = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 1 << 24 } as const;
  return new Promise((resolve, reject) => {
    execFile(node, [...flags, file.pathname, ...given], options, (error, out, complaint) => {
      if (error) reject(new DidNotFinish(reasonOf(error, complaint, limitMs, heapMb)));
      else resolve(JSON.parse(out.trim().split('\n').at(-1) ?? 'null'));
    });
  });
}

/** A process that stays and answers questions, so that a server and its connections last from one round to the next. */
export interface TalkingWorker {
  /** Sends a question and waits for its answer, one at a time. Rejects when the process ends, or when its patience is over, 2 min if not given. */
  ask<Reply>(question: object): Promise<Reply>;
  /** Ends the process: SIGTERM, and SIGKILL 5 s later. */
  stop(): Promise<void>;
}

const STOP_MS = 5_000;

/** Starts `file`, which calls {@link answerQuestions}, and waits until it is ready. It ends with this process at the latest. */
export async function startWorker(
  file: URL,
  given: readonly string[] = [],
  { execArgv = [], patienceMs = 120_000 }: { readonly execArgv?: readonly string[]; readonly patienceMs?: number } = {},
): Promise<TalkingWorker> {
  const child = fork(file, [...given], {
    execArgv: ['--no-warnings', ...execArgv],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // NOTE: JSON has no infinity.
    serialization: 'advanced',
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  process.once('exit', () => child.kill('SIGKILL'));
  const next = () =>
    new Promise<unknown>((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        act();
      };
      const onMessage = (message: unknown) => settle(() => resolve(message));
      const onExit = () => settle(() => reject(new Error(`${file.pathname} ended before it answered`)));
      const timer = setTimeout(() => settle(() => reject(new Error(`${file.pathname} did not answer in time`))), patienceMs);
      child.once('message', onMessage).once('exit', onExit);
    });
  await next();
  return {
    async ask<Reply>(question: object) {
      const reply = next();
      child.send(question);
      return (await reply) as Reply;
    },
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

/** The other side of {@link startWorker}: says that it is ready, then answers one question at a time until the parent has gone. */
export function answerQuestions<Question>(answer: (question: Question) => unknown): void {
  process.on('message', async (question) => process.send?.((await answer(question as Question)) ?? {}));
  process.once('disconnect', () => process.exit(0));
  process.once('SIGTERM', () => process.exit(0));
  process.send?.({});
}
