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
