import type { Clock } from '@openkupe/contract';
import type { Log } from '../log.ts';
import { NODE_MEMORY_MS } from './exchange-script.ts';

/** Which part of the limit a node enforces: all of it together with the others, or its share while it has not heard of them. */
export interface ShareOfLimit {
  readonly state: 'shared' | 'local-share';
  /** Nodes that the store counted, this one included. */
  readonly nodes: number;
  /** One part in so many of the limit is enforced. */
  readonly parts: number;
  readonly failuresInARow: number;
  /** The store could not be used. */
  failed(error: unknown): void;
  /** The store counted so many nodes. */
  answered(nodes: number): void;
}

export interface ShareOfLimitOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log?: Pick<Log, 'warn'> | undefined;
  /** Nodes there are at least. Nobody has counted them before the first answer, and not all are back after an absence. */
  readonly servers: number;
  /** Enforces one part in so many. */
  enforce(parts: number): void;
}

/** The first exchange comes before the connection is there, which is no news. */
const FAILURES_AT_START = 3;
/** A store that comes and goes is told of this often. */
const QUIET_MS = 60_000;

export function createShareOfLimit(options: ShareOfLimitOptions): ShareOfLimit {
  const { clock, servers } = options;
  let state: ShareOfLimit['state'] = 'local-share';
  let nodes = 1;
  let countedMs = Number.NEGATIVE_INFINITY;
  let parts = 1;
  let failuresInARow = 0;
  let hasSaid = false;
  let saidMs = Number.NEGATIVE_INFINITY;

  const enforce = (wanted: number) => {
    if (wanted === parts) return;
    parts = wanted;
    options.enforce(parts);
  };
  /** Says what an operator would want to know, once: that the store is lost, or at the start that it is not found. */
  const sayLost = (error: unknown, isLost: boolean) => {
    const nowMs = clock.monotonic();
    if (hasSaid || !(isLost || failuresInARow >= FAILURES_AT_START) || nowMs - saidMs < QUIET_MS) return;
    hasSaid = true;
    saidMs = nowMs;
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, 200);
    options.log?.warn({ reason, servers: parts }, 'the shared store of limits is not usable; each server enforces its share');
  };
  const sayFound = () => {
    if (hasSaid) options.log?.warn({}, 'the shared store of limits is usable again');
    hasSaid = false;
  };

  enforce(servers);
  return {
    get state() {
      return state;
    },
    get nodes() {
      return nodes;
    },
    get parts() {
      return parts;
    },
    get failuresInARow() {
      return failuresInARow;
    },
    failed(error) {
      const isLost = state === 'shared';
      failuresInARow += 1;
      state = 'local-share';
      enforce(Math.max(nodes, servers));
      sayLost(error, isLost);
    },
    answered(counted) {
      failuresInARow = 0;
      state = 'shared';
      enforce(1);
      sayFound();
      // A store that was emptied counts the nodes anew as they come, so that fewer are believed only when they stay away.
      const nowMs = clock.monotonic();
      if (counted < nodes && nowMs - countedMs < NODE_MEMORY_MS) return;
      nodes = counted;
      countedMs = nowMs;
    },
  };
}
