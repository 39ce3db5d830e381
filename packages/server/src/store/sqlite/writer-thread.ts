import { getCompileCacheDir } from 'node:module';
import { Worker } from 'node:worker_threads';
import { StoreUnavailableError } from '../store.ts';
import type { Settled, WriteRequest } from '../write-request.ts';
import { decodeError, type ThreadError } from './thread-error.ts';
import type { BrokenRow, StartWriter } from './writer.ts';

/** What the thread is started with. */
export interface ThreadData {
  readonly folder: string;
  /** Of `RowVersions`. */
  readonly versions: SharedArrayBuffer;
  readonly keptEvents: number;
}

/** What is posted to the thread: a group, or `undefined` to end it. */
export type ToThread = readonly WriteRequest[] | undefined;

/** What the thread posts: how the requests of the group ended, or rows that it found unreadable. */
export type FromThread =
  | { readonly settled: readonly (Exclude<Settled, { error: unknown }> | { readonly error: ThreadError })[] }
  | { readonly broken: readonly BrokenRow[] };

/** Memory of the thread in MiB: it holds one group at a time. With a larger young generation it is no faster, and takes some 20 MiB more. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 512 };

const decode = (settled: Extract<FromThread, { settled: unknown }>['settled'][number]): Settled =>
  'error' in settled ? { error: decodeError(settled.error) } : settled;

/**
 * Runs transactions in a thread of their own, on a connection of their own, so that no read and no request waits for the disk. After this the
 * connection of `open` only reads. A thread that ends by itself is a defect, or out of memory: its group is rejected with `executed:
 * 'unknown'`, later ones with `no`, and reads go on.
 */
export const startWriterThread: StartWriter = ({ folder, database, versions }, { keptEvents, onBroken }) => {
  database.exec('PRAGMA query_only = ON');
  const workerData: ThreadData = { folder, versions: versions.memory, keptEvents };
  const compiled = getCompileCacheDir();
  const worker = new Worker(new URL('./writer-thread.worker.ts', import.meta.url), {
    workerData,
    resourceLimits: RESOURCE_LIMITS,
    // NOTE: options that this process was started with, such as --eval, are not for the thread.
    execArgv: [],
    // NOTE: the thread takes its compiled modules from where this process keeps its own, and needs nothing else of the environment.
    env: compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled },
  });
  let settle: ((settled: readonly Settled[]) => void) | undefined;
  let failure: unknown;
  const ended = (executed: 'no' | 'unknown'): Settled => {
    const message = `The thread that writes the store has ended (${String(failure)}); restart the control plane`;
    return { error: new StoreUnavailableError(message, { failure: 'ended', executed, cause: failure }) };
  };

  worker.on('message', (message: FromThread) => {
    if ('broken' in message) onBroken(message.broken);
    else settle?.(message.settled.map(decode));
  });
  worker.on('error', (error) => {
    failure = error;
  });
  const end = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      failure ??= 'it was ended';
      settle?.([]);
      resolve();
    });
  });
  // NOTE: an idle thread keeps no process alive; one that writes does.
  worker.unref();

  return {
    async write(group) {
      if (failure !== undefined) return group.map(() => ended('no'));
      worker.postMessage(group satisfies ToThread);
      worker.ref();
      const settled = await new Promise<readonly Settled[]>((resolve) => {
        settle = resolve;
      });
      settle = undefined;
      worker.unref();
      return settled.length === group.length ? settled : group.map(() => ended('unknown'));
    },
    async close() {
      if (failure !== undefined) return;
      worker.ref();
      worker.postMessage(undefined satisfies ToThread);
      await end;
    },
  };
};
