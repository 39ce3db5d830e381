/**
 * A pool of workers that obey `Retry-After` exactly and make the next call as soon as the last one is done; the counterpart of
 * `go-pool/pool.go`. Reads a {@link PoolPlan} as JSON from the standard input, prints a {@link PoolResult}.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** One call of a program. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

/** What a pool is to do. */
export interface PoolPlan {
  readonly url: string;
  readonly key: string;
  readonly workers: number;
  readonly calls: readonly Call[];
  /** Requests that a call may make; 5 if not given. */
  readonly attempts?: number;
}

/** What became of its calls. Promises are those of `slot=reserved`. */
export interface PoolResult {
  readonly done: number;
  readonly gaveUp: number;
  readonly refused: number;
  readonly kept: number;
  readonly broken: number;
  readonly seconds: number;
  /** Of calls that gave up, the last status of each. */
  readonly statuses: readonly number[];
}

const { url, key, workers, calls, attempts = 5 } = JSON.parse(readFileSync(0, 'utf8')) as PoolPlan;
const result = { done: 0, gaveUp: 0, refused: 0, kept: 0, broken: 0 };
const statuses: number[] = [];

async function make({ method, path, body }: Call): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) };
  let isPromised = false;
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(url + path, { method, headers, ...(body ? { body } : {}) });
    await response.arrayBuffer();
    const isRefused = response.status === 429;
    if (isPromised) result[isRefused ? 'broken' : 'kept'] += 1;
    if (!isRefused) {
      result[response.status < 500 ? 'done' : 'gaveUp'] += 1;
      if (response.status >= 500) statuses.push(response.status);
      return;
    }
    result.refused += 1;
    if (attempt >= attempts) {
      result.gaveUp += 1;
      statuses.push(429);
      return;
    }
    isPromised = response.headers.get('retry-advice')?.includes('slot=reserved') ?? false;
    await sleep(Number(response.headers.get('retry-after')) * 1000);
  }
}

const startedMs = performance.now();
let next = 0;
const work = async () => {
  while (next < calls.length) {
    next += 1;
    await make(calls[next - 1] as Call);
  }
};
await Promise.all(Array.from({ length: workers }, work));
console.log(JSON.stringify({ ...result, statuses, seconds: (performance.now() - startedMs) / 1000 }));
