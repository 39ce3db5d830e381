import type { Received, Reply } from './difficult-server.ts';

/** What a driver is asked to do with its client, as its only argument. `many` reads the clusters c1 to c3, as concurrently as it likes. */
export type Task = 'list' | 'get' | 'create' | 'update' | 'delete' | 'many';

/** What one run of a driver did: what arrived on the wire, how it ended, and what it printed. */
export interface Outcome {
  readonly received: readonly Received[];
  readonly exitCode: number;
  /** What the client printed, on stdout and stderr. */
  readonly said: string;
}

/** One row of the page's statements about clients, C1 to C13, in one situation. */
export interface Scenario {
  /** The row that it grades. */
  readonly requirement: string;
  readonly title: string;
  readonly task: Task;
  /** How many runs of the driver are judged together, each against a server of its own; several runs separate chance from habit. */
  readonly runs?: number;
  readonly answer: (received: readonly Received[]) => Reply;
  /** What is wrong; `undefined` when the client passes. */
  readonly judge: (outcomes: readonly Outcome[]) => string | undefined;
}

/** A judge of each run by itself: the first fault counts. */
export const each =
  (judge: (outcome: Outcome) => string | undefined) =>
  (outcomes: readonly Outcome[]): string | undefined =>
    outcomes.map(judge).find((fault) => fault !== undefined);
