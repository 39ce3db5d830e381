import { type StoreFailure, StoreUnavailableError } from './store.ts';
import { closed } from './unavailable.ts';
import type { Settled, WriteRequest, WriteResults } from './write-request.ts';

/** Where transactions run: on a connection, in the thread that asks, or in one of its own. */
export interface Writer {
  /** Runs a group of requests in one transaction. One group at a time. Rejects only what cannot be posted, which is a defect. */
  write(group: readonly WriteRequest[]): Promise<readonly Settled[]>;
  /** Ends after the last group. */
  close(): Promise<void>;
}

/** Requests that wait for the writer. What is handed in while a group is being written is the next group. */
export interface WriteQueue {
  /** Resolves once the request is on disk. */
  run<Request extends WriteRequest>(request: Request): Promise<WriteResults[Request['verb']]>;
  /** Refuses everything from now on; resolves once what was accepted is written. */
  close(): Promise<void>;
}

interface Waiting {
  readonly request: WriteRequest;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

function settle({ resolve, reject }: Waiting, settled: Settled | undefined): void {
  if (settled && 'result' in settled) resolve(settled.result as never);
  else reject(settled?.error);
}

/** At most `largestGroup` requests share a transaction. What is handed in during one turn of the event loop is applied in that order. */
export function createWriteQueue(writer: Pick<Writer, 'write'>, largestGroup: number): WriteQueue {
  const waiting: Waiting[] = [];
  let isClosed = false;
  let writing: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    await nextTurn();
    while (waiting.length > 0) {
      const group = waiting.splice(0, largestGroup);
      const settled = await writer.write(group.map(({ request }) => request)).catch((error) => group.map((): Settled => ({ error })));
      for (const [index, one] of group.entries()) settle(one, settled[index]);
      // NOTE: the callers that waited for these may add the next write in this turn.
      await nextTurn();
    }
    writing = undefined;
  }

  return {
    run(request) {
      if (isClosed) return Promise.reject(closed());
      return new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject });
        writing ??= writeAll();
      });
    },
    async close() {
      isClosed = true;
      await writing;
    },
  };
}

/** More than a usual change takes in the log: a new cluster with its audit row, event, work item and idempotency record touches about 20 pages. */
const USUAL_CHANGE_BYTES = 128 * 1024;

/** Learns whether the next change of a caller would get through. */
export interface Probe {
  /** Rejects where it would not. `write` is to write that many bytes, or a counter for 0: little while all is well, as much as a usual change after one failed. */
  run(write: (bytes: number) => Promise<void>): Promise<void>;
  /** Why the last change failed, unless one was written since. */
  failure(): StoreFailure | undefined;
  /** A change was written: what failed before does not any more. */
  noteSuccess(): void;
  /** Remembers why a change failed, and throws it on. */
  noteFailure(error: unknown): never;
}

/** Remembers how the last change ended. */
export function createProbe(): Probe {
  let failure: StoreUnavailableError | undefined;
  return {
    async run(write) {
      // A damaged page fails the changes that touch it and no probe, so the word of the last change stands until one gets through.
      if (failure?.failure === 'damaged') throw failure;
      await write(failure ? USUAL_CHANGE_BYTES : 0);
      failure = undefined;
    },
    failure: () => failure?.failure,
    noteSuccess() {
      failure = undefined;
    },
    noteFailure(error) {
      // NOTE: whether the files are in their place is looked at each time, so it is not remembered.
      if (error instanceof StoreUnavailableError && error.failure !== 'moved') failure = error;
      throw error;
    },
  };
}
