import { type StoreFailure, StoreUnavailableError } from './store.ts';

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
