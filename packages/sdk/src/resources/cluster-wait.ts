import { parseRetryAfter } from '@openkupe/contract/http/retry-after';
import type { Cluster } from '@openkupe/contract/resources/cluster';
import type { ApiCall, Result } from '../call.ts';
import type { Engine } from '../engine.ts';
import { NotFoundError } from '../errors/by-status.ts';
import { errorFromFailure } from '../errors/error-from-failure.ts';
import { emitEnd } from '../operation.ts';
import { openScope, type Scope } from '../scope.ts';
import { sendCall } from '../send-call.ts';
import { type Decode, toResult } from '../to-result.ts';
import { createSingleFlight } from '../wait/single-flight.ts';
import { type Observation, type WaitOptions, type WaitTarget, waitUntil } from '../wait/wait-until.ts';
import { decoderOf } from './decode-resource.ts';
import type { Events } from './events.ts';

/** `Running` (and, with a generation, that generation fully applied), `deleted`, or a function of what was read; `undefined` is absent. */
export type ClusterCondition = 'Running' | 'deleted' | ((cluster: Cluster | undefined) => boolean);

/** What `waitFor` takes last. */
export interface ClusterWaitOptions extends WaitOptions<Cluster> {
  /** The generation that has to be fully applied, as the answer to a write gave it. */
  readonly generation?: number;
  /** Reads the cluster as soon as an event about it comes, too; where the server, or a proxy, does not stream, by the time alone. */
  readonly byEvents?: boolean;
}

function isReached(condition: ClusterCondition, generation: number, cluster: Cluster | undefined): boolean {
  if (typeof condition === 'function') return condition(cluster);
  if (condition === 'deleted') return cluster === undefined;
  // NOTE: servers that know no generations send none; then the phase alone decides.
  return cluster?.status.phase === 'Running' && (cluster.status.observedGeneration ?? generation) >= generation;
}

/** Reads once; a header may say when to read again. */
async function observe<T>(engine: Engine, call: ApiCall, scope: Scope, decode: Decode<T>): Promise<Observation<T>> {
  const end = await sendCall(engine, { ...call, isBackground: true }, scope);
  if ('stopReason' in end) throw errorFromFailure(end, engine.origin);
  const { headers } = end;
  const hintMs = parseRetryAfter(headers.get('retry-after'), { nowMs: engine.clock.now(), responseDate: headers.get('date') ?? null });
  return { result: toResult(call, end, decode), ...(hintMs === undefined ? {} : { hintMs }) };
}

/** The type of `waitFor`, for every condition. */
export type WaitForCluster = (
  name: string,
  condition: ClusterCondition,
  options?: ClusterWaitOptions,
) => Promise<Result<Cluster | undefined>>;

/**
 * Makes `waitFor` for the clusters of one collection. A few waits read their own cluster; three or more share reads of the list. Only a
 * cluster among the `newNames` of the client may be absent for a while ("fix the path or wait for async creation").
 */
export function createClusterWaiting(
  engine: Engine,
  { path, newNames, events }: { path: (...name: string[]) => string; newNames: Set<string>; events: Pick<Events, 'watch'> },
): WaitForCluster {
  const { decode, decodeList } = decoderOf<Cluster>('cluster');
  const list = createSingleFlight(engine.clock, async (signal) => {
    const scope = openScope(engine.clock, engine.policy.deadlineMs, signal);
    try {
      return await observe(engine, { route: 'clusters.list', method: 'GET', path: path() }, scope, decodeList);
    } finally {
      scope.end();
    }
  });

  async function findInList(name: string, maxAgeMs: number, joinedAt: number, signal: AbortSignal): Promise<Observation<Cluster>> {
    const { result, ...hint } = await list.get(joinedAt, maxAgeMs, signal);
    const value = result.value.find((one) => one.name === name);
    if (!value) throw new NotFoundError(`Cluster "${name}" is not in the list`, { status: 404, attempts: result.attempts });
    return { result: { ...result, value }, ...hint };
  }

  return async (name, condition, options = {}) => {
    const call: ApiCall = { route: 'clusters.get', method: 'GET', path: path(name) };
    const joinedAt = list.join();
    const goal = typeof condition === 'function' ? 'in the state that was waited for' : condition;
    const target: WaitTarget<Cluster> = {
      description: `Cluster "${name}" was not ${goal}`,
      async observe(scope, maxAgeMs) {
        const observation = await (list.isWorthSharing
          ? findInList(name, maxAgeMs, joinedAt, scope.signal)
          : observe(engine, call, scope, decode));
        newNames.delete(name);
        return observation;
      },
      isReached: (current) => isReached(condition, options.generation ?? 0, current),
      changes: options.byEvents ? (signal) => events.watch({ kind: 'cluster', name, signal }) : undefined,
      mayBeAbsent: () => typeof condition === 'function' || newNames.has(name),
    };
    try {
      return await emitEnd(engine, call, options.signal, () => waitUntil(engine, target, options));
    } finally {
      list.leave();
    }
  };
}
