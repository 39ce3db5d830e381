import { parseRetryAfter } from '@openkupe/contract/http/retry-after';
import type { Cluster } from '@openkupe/contract/resources/cluster';
import type { Answer, CallOptions } from '../call.ts';
import type { CallScope } from '../call-scope.ts';
import { carryOut } from '../carry-out.ts';
import type { Engine } from '../engine.ts';
import { NotFoundError } from '../errors/by-status.ts';
import { type Step, tellEnd } from '../operation.ts';
import { createSharedLook } from '../wait/shared-look.ts';
import { type Look, type WaitOptions, type Watched, waitUntil } from '../wait/wait-until.ts';
import { decoderOf } from './decode-resource.ts';
import { type Decode, toAnswer } from './exchange-to-answer.ts';
import type { NewNames } from './new-names.ts';

/** `Running` (and, with a generation, that generation fully applied), `deleted`, or any condition on what is seen. */
export type ClusterCondition = 'Running' | 'deleted' | ((cluster: Cluster | undefined) => boolean);

export interface ClusterWaitOptions extends WaitOptions<Cluster> {
  /** The generation that has to be fully applied, as the answer to a write gave it. */
  readonly generation?: number;
}

function isReached(condition: ClusterCondition, generation: number, cluster: Cluster | undefined): boolean {
  if (typeof condition === 'function') return condition(cluster);
  if (condition === 'deleted') return cluster === undefined;
  // NOTE: servers that know no generations send none; then the phase alone decides.
  return cluster?.status.phase === 'Running' && (cluster.status.observedGeneration ?? generation) >= generation;
}

/** Looks once; a header may say when to look again. */
async function look<T>(engine: Engine, step: Step, options: CallOptions, decode: Decode<T>): Promise<Look<T>> {
  const exchange = await carryOut(engine, { ...step, options, isBackground: true });
  const { headers } = exchange;
  const hintMs = parseRetryAfter(headers.get('retry-after'), { nowMs: engine.clock.now(), responseDate: headers.get('date') ?? null });
  return { answer: toAnswer(step, exchange, decode), ...(hintMs === undefined ? {} : { hintMs }) };
}

export type WaitForCluster = (
  name: string,
  condition: ClusterCondition,
  options?: ClusterWaitOptions,
) => Promise<Answer<Cluster | undefined>>;

/**
 * Waits for clusters of one collection. A few waiters look at their own cluster; many share one look at the list. Only a cluster that
 * is new to this client may be absent for a while ("fix the path or wait for async creation").
 */
export function createClusterWaiting(
  engine: Engine,
  { path, newNames }: { path: (...name: string[]) => string; newNames: NewNames },
): WaitForCluster {
  const { decode, decodeList } = decoderOf<Cluster>('cluster');
  const list = createSharedLook(engine.clock, (signal) =>
    look(engine, { route: 'clusters.list', method: 'GET', path: path() }, { signal }, decodeList),
  );

  async function lookInList(name: string, freshMs: number, ticket: number, signal: AbortSignal): Promise<Look<Cluster>> {
    const { answer, ...hint } = await list.see(ticket, freshMs, signal);
    const value = answer.value.find((one) => one.name === name);
    if (!value) throw new NotFoundError(`Cluster "${name}" is not in the list`, { status: 404, attempts: answer.attempts });
    return { answer: { ...answer, value }, ...hint };
  }

  return async (name, condition, options = {}) => {
    const step = { route: 'clusters.get', method: 'GET', path: path(name) } as const;
    const ticket = list.join();
    const lookOnce = ({ signal, leftMs }: CallScope, freshMs: number) =>
      list.isWorthSharing ? lookInList(name, freshMs, ticket, signal) : look(engine, step, { signal, timeoutMs: leftMs() }, decode);
    const goal = typeof condition === 'function' ? 'in the state that was waited for' : condition;
    const watched: Watched<Cluster> = {
      description: `Cluster "${name}" was not ${goal}`,
      look: (scope, freshMs) => newNames.seen(name, lookOnce(scope, freshMs)),
      isReached: (current) => isReached(condition, options.generation ?? 0, current),
      mayBeAbsent: () => typeof condition === 'function' || newNames.has(name),
    };
    try {
      return await tellEnd(engine, step, options.signal, () => waitUntil(engine, watched, options));
    } finally {
      list.leave();
    }
  };
}
