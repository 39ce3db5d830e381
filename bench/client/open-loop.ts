import type { Random } from '@openkupe/contract/random';
import type { Contestant, SimRequest, SimResponse } from './exchange.ts';
import { elapsedMs, runVirtual, sleep } from './virtual-time.ts';

const BASE = '/api/v1/tenants/acme';
/** What a fleet of scripts asks for: lists, single clusters, the tenant. */
export const PATHS: readonly string[] = [
  `${BASE}/clusters`,
  BASE,
  ...Array.from({ length: 8 }, (_, index) => `${BASE}/clusters/c${index}`),
];
export const CALLS_PER_SECOND = 50;
const LIMIT_MS = 900_000;

const JSON_TYPE = { 'content-type': 'application/json' };
const OK: SimResponse = { status: 200, headers: JSON_TYPE, body: '{"items":[],"name":"c"}' };
const SORRY: SimResponse = { status: 503, headers: JSON_TYPE, body: '{"error":"Not available"}' };

/** What happens to one request: nothing is listening, or it is answered after so many milliseconds. */
export type Fate = 'refused' | { readonly afterMs: number; readonly isOk: boolean };

export interface SentRequest {
  readonly atMs: number;
  readonly path: string;
  /** Its sender stopped waiting before it was answered. */
  isAbandoned: boolean;
}

export interface FinishedCall {
  readonly path: string;
  readonly startedAtMs: number;
  /** `undefined` when it ended without success. */
  readonly tookMs: number | undefined;
}

export interface Observed {
  readonly sent: readonly SentRequest[];
  readonly calls: readonly FinishedCall[];
}

/** Fifty calls a second for `lastsMs`, however the earlier ones fare, and what was seen on the wire. */
export async function runOpenLoop(
  contestant: Contestant,
  { seed, random, lastsMs, fate }: { seed: number; random: Random; lastsMs: number; fate: (path: string, atMs: number) => Fate },
): Promise<Observed> {
  const startedAt = elapsedMs();
  const now = () => elapsedMs() - startedAt;
  const sent: SentRequest[] = [];
  const calls: FinishedCall[] = [];
  const send = async ({ path, signal }: SimRequest): Promise<SimResponse> => {
    // NOTE: a client that knows one path only is sent to the first one.
    const request = { atMs: now(), path: path === '/' ? (PATHS[0] as string) : path, isAbandoned: false };
    sent.push(request);
    const itsFate = fate(request.path, request.atMs);
    if (itsFate === 'refused') {
      await sleep(1);
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    }
    await sleep(itsFate.afterMs);
    request.isAbandoned = signal?.aborted ?? false;
    return itsFate.isOk ? OK : SORRY;
  };
  await runVirtual(async () => {
    const client = contestant.create(send, seed);
    const started: Promise<void>[] = [];
    const call = async (path: string) => {
      const startedAtMs = now();
      const isDone = await Promise.resolve(client({ method: 'GET', path })).then(
        () => true,
        () => false,
      );
      calls.push({ path, startedAtMs, tookMs: isDone ? now() - startedAtMs : undefined });
    };
    for (let left = (CALLS_PER_SECOND * lastsMs) / 1_000; left > 0; left--) {
      started.push(call(PATHS[Math.floor(random.unit() * PATHS.length)] as string));
      await sleep(1_000 / CALLS_PER_SECOND);
    }
    await Promise.all(started);
  }, LIMIT_MS);
  return { sent, calls };
}

/** The most that was sent within one second of `fromMs` to `toMs`. */
export function peakPerSecond(sent: readonly SentRequest[], fromMs: number, toMs: number): number {
  const seconds = new Map<number, number>();
  for (const { atMs } of sent)
    if (atMs >= fromMs && atMs < toMs) seconds.set(Math.floor(atMs / 1_000), (seconds.get(Math.floor(atMs / 1_000)) ?? 0) + 1);
  return Math.max(0, ...seconds.values());
}
