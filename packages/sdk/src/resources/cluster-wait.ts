import { parseRetryAfter } from '@openkupe/contract/http/retry-after';
import type { Cluster } from '@openkupe/contract/resources/cluster';
import type { Answer, ApiCall } from '../call.ts';
import { carryOut } from '../carry-out.ts';
import type { Engine } from '../engine.ts';
import { NotFoundError } from '../errors/by-status.ts';
import { createSharedLook } from '../wait/shared-look.ts';
import { type Look, type WaitOptions, type Watched, waitUntil } from '../wait/wait-until.ts';
import { decodeItems, decodeObject, toAnswer } from './exchange-to-answer.ts';

/** `Running` (and, with a generation, that generation fully applied), `deleted`, or any condition on what is seen. */
export type ClusterCondition = 'Running' | 'deleted' | ((cluster: Cluster | undefined) => boolean);

export interface ClusterWaitOptions extends WaitOptions<Cluster> {
  /** The generation that has to be fully applied, as the answer to a write gave it. */
  readonly generation?: number;
}

function isReached(condition: ClusterCondition, generation: number, cluster: Cluster | undefined): boolean {
  if (typeof condition === 'function') return condition(cluster);
  if (condition === 'deleted') return cluster === undefined;
  return cluster?.status.phase === 'Running' && (generation === 0 || cluster.status.observedGeneration >= generation);
}

async function ask<T>(engine: Engine, call: ApiCall, decode: (body: unknown) => T | undefined): Promise<Look<T>> {
  const exchange = await carryOut(engine, { ...call, isBackground: true, isStep: true });
  const { headers } = exchange;
  const hintMs = parseRetryAfter(headers.get('retry-after'), { nowMs: engine.clock.now(), responseDate: headers.get('date') ?? null });
  return { answer: toAnswer(call, exchange, decode), ...(hintMs === undefined ? {} : { hintMs }) };
}

export interface ClusterWaiting {
  waitFor(name: string, condition: ClusterCondition, options?: ClusterWaitOptions): Promise<Answer<Cluster | undefined>>;
}

/**
 * Waits for clusters of one collection. A few waiters look at their own cluster; many share one look at the list. `wasCreated` says
 * whether this client made a cluster: only then may it be absent for a while ("fix the path or wait for async creation").
 */
export function createClusterWaiting(
  engine: Engine,
  { path, wasCreated }: { path: (...name: string[]) => string; wasCreated: (name: string) => boolean },
): ClusterWaiting {
  const list = createSharedLook(engine.clock, (signal) =>
    ask(engine, { route: 'clusters.list', method: 'GET', path: path(), options: { signal } }, decodeItems<Cluster>),
  );

  async function lookInList(name: string, freshMs: number, ticket: number, signal: AbortSignal): Promise<Look<Cluster>> {
    const { answer, ...hint } = await list.see(ticket, freshMs, signal);
    const value = answer.value.find((one) => one.name === name);
    if (!value) throw new NotFoundError(`Cluster "${name}" is not in the list`, { status: 404, attempts: answer.attempts });
    return { answer: { ...answer, value }, ...hint };
  }

  return {
    async waitFor(name, condition, options = {}) {
      const goal = typeof condition === 'function' ? 'in the state that was waited for' : condition;
      const ticket = list.join();
      const watched: Watched<Cluster> = {
        description: `Cluster "${name}" was not ${goal}`,
        look: (scope, freshMs) => {
          if (list.isWorthSharing) return lookInList(name, freshMs, ticket, scope.signal);
          const within = { signal: scope.signal, timeoutMs: scope.leftMs() };
          return ask(engine, { route: 'clusters.get', method: 'GET', path: path(name), options: within }, decodeObject<Cluster>);
        },
        isReached: (current) => isReached(condition, options.generation ?? 0, current),
        mayBeAbsent: () => typeof condition === 'function' || wasCreated(name),
      };
      try {
        return await waitUntil(engine, watched, options);
      } finally {
        list.leave();
      }
    },
  };
}
