import type { Change, CommitOutcome, LeasedWork, LeaseRequest } from './store.ts';

/**
 * Everything that is written, as plain data that can be posted to another thread. `nowMs` is the reading of `Clock.monotonic()` by which work
 * is due, unless its comment says otherwise.
 */
export type WriteRequest =
  | { readonly verb: 'commit'; readonly change: Change; readonly nowMs: number }
  | ({ readonly verb: 'lease-work'; readonly nowMs: number } & LeaseRequest)
  | { readonly verb: 'finish-work'; readonly work: LeasedWork; readonly next: { afterMs: number } | 'done'; readonly nowMs: number }
  /** `nowMs`: epoch milliseconds. */
  | { readonly verb: 'forget-idempotency-records'; readonly nowMs: number; readonly limit: number }
  /** `nowMs`: epoch milliseconds. */
  | { readonly verb: 'forget-events'; readonly nowMs: number; readonly retentionMs: number; readonly limit: number }
  /** `nowMs`: epoch milliseconds. */
  | { readonly verb: 'forget-audit'; readonly nowMs: number; readonly retentionMs: number; readonly limit: number }
  /** Replaces a row about the installation as a whole. */
  | { readonly verb: 'keep-installation'; readonly name: string; readonly value: string }
  /** Proves that a write gets through: of a counter, or of that many random bytes. */
  | { readonly verb: 'probe'; readonly bytes: number };

/** What each request results in. */
export interface WriteResults {
  readonly commit: CommitOutcome;
  readonly 'lease-work': LeasedWork[];
  readonly 'finish-work': 'finished' | 'lost';
  readonly 'forget-idempotency-records': number;
  readonly 'forget-events': number;
  readonly 'forget-audit': number;
  readonly 'keep-installation': undefined;
  readonly probe: undefined;
}

/** What one request did inside the transaction. With `isKept: false` all that it wrote is to be undone. */
export interface Applied {
  readonly isKept: boolean;
  readonly result: WriteResults[keyof WriteResults];
}

/** How a request ended, once its transaction is on disk or was given up. */
export type Settled = { readonly result: WriteResults[keyof WriteResults] } | { readonly error: unknown };
