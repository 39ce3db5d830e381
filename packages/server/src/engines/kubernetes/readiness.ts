import type { Clock } from '@openkupe/contract';
import type { KubernetesClient } from './client.ts';

/** Whether an API server answers, and since when. Times are `Clock.monotonic`, in milliseconds. */
export type Readiness =
  | { readonly isReady: true; readonly checkedAtMs: number }
  | { readonly isReady: false; readonly checkedAtMs: number; readonly reason: string };

/** How long an answer of `/readyz` counts, and how long one is waited for. */
export interface ReadinessLimits {
  readonly validMs: number;
  readonly timeoutMs: number;
}

/** The reconciler looks at a running cluster at least this often, and an API server that takes longer to answer is of no use to its tenant. */
const LIMITS: ReadinessLimits = { validMs: 5_000, timeoutMs: 3_000 };

/** The readiness of API servers by cluster uid, each asked at most once per interval however often it is observed. */
export interface ReadinessChecks {
  /** The answer of the last interval, or a new one. Callers at the same time share one request. */
  check(clusterUid: string, client: KubernetesClient): Promise<Readiness>;
  /** What is known of a cluster is forgotten: it was destroyed, or its process ended. */
  forget(clusterUid: string): void;
}

/** Makes the checks. `Running` means that `/readyz` was answered with 200 within the last interval (https://kubernetes.io/docs/reference/using-api/health-checks/). */
export function createReadinessChecks(clock: Clock, { validMs, timeoutMs }: ReadinessLimits = LIMITS): ReadinessChecks {
  const checks = new Map<string, { readonly startedAtMs: number; readonly result: Promise<Readiness> }>();

  const ask = async (client: KubernetesClient): Promise<Readiness> => {
    try {
      await client.raw('/readyz', { signal: AbortSignal.timeout(timeoutMs) });
      return { isReady: true, checkedAtMs: clock.monotonic() };
    } catch (error) {
      const { name, message } = error as Error;
      const reason = name === 'TimeoutError' ? `The API server did not answer within ${timeoutMs} ms` : failedChecks(message);
      return { isReady: false, checkedAtMs: clock.monotonic(), reason };
    }
  };
  return {
    check(clusterUid, client) {
      const known = checks.get(clusterUid);
      if (known && clock.monotonic() - known.startedAtMs < validMs) return known.result;
      const result = ask(client);
      checks.set(clusterUid, { startedAtMs: clock.monotonic(), result });
      return result;
    },
    forget: (clusterUid) => void checks.delete(clusterUid),
  };
}

/** Of the list that `/readyz` prints (`[+]ping ok`, `[-]etcd failed: …`) the checks that failed. */
function failedChecks(message: string): string {
  const failed = [...message.matchAll(/^\[-\](\S+) failed/gm)].map(([, name]) => name);
  return failed.length === 0 ? message : `The API server is not ready: ${failed.join(', ')} failed`;
}
