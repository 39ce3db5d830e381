import { readFileSync } from 'node:fs';
import { promisesOf } from '../flows.ts';
import { type RateLimit, toGcra } from '../gcra.ts';
import { MOST_PROMISED_SECONDS } from '../limiter.ts';
import type { Charge, SharedDecision, SharedRequest } from '../shared-limit.ts';

/** What every key of ours begins with. */
const PREFIX = 'openkupe:limit:';
/** The processes that are alive, by the second of their last heartbeat. */
export const PROCESSES = `${PREFIX}processes`;
/** Set while what is counted is complete: the moment at which buckets were full of which the store knows nothing. */
export const EPOCH = `${PREFIX}epoch`;
/** The script that decides about a request, `take.lua`. */
export const SCRIPT = readFileSync(new URL('take.lua', import.meta.url), 'utf8');

/** The limits of an address and of its /48 as the script reads them. */
export function limitArguments(limit: RateLimit, network: RateLimit): readonly number[] {
  const { intervalMs, toleranceMs, horizonMs } = toGcra(limit);
  const { least, most, debt } = promisesOf(toGcra(limit), MOST_PROMISED_SECONDS);
  return [intervalMs, toleranceMs, horizonMs, least, most, debt, toGcra(network).intervalMs];
}

/** The keys of what is counted about an address. The first /64 of a /48 has the hash of that. */
export function keysOf({ address, network }: Pick<SharedRequest, 'address' | 'network'>): string[] {
  return [PREFIX + address, `${PREFIX}${address}:flows`, ...(network === undefined ? [] : [`${PREFIX}network:${network}`])];
}

/** What follows the script in EVAL: how many keys, the keys, the arguments. */
export function takeArguments(request: SharedRequest, charge: Charge, limits: readonly number[]): [number, ...(string | number)[]] {
  const { fingerprint, flow, isTrusted, isCommon } = request;
  const [schedule, flows, ...network] = keysOf(request) as [string, string, ...string[]];
  const keys = [schedule, flows, EPOCH, `${PREFIX}served:${fingerprint}`, ...network];
  return [keys.length, ...keys, charge, ...limits, fingerprint, flow, isTrusted ? 1 : 0, isCommon ? 1 : 0];
}

/** The decision in the script's reply; `undefined` where the store has lost what was counted. */
export function readDecision(reply: unknown): SharedDecision | undefined {
  const [outcome, waitUs, usedUs, networkUsedUs, isReserved, refusedForUs] = reply as [SharedDecision['outcome']?, ...number[]];
  if (outcome === undefined) return undefined;
  return {
    outcome,
    waitMs: Number(waitUs) / 1000,
    usedMs: Number(usedUs) / 1000,
    networkUsedMs: Number(networkUsedUs) / 1000,
    isReserved: isReserved === 1,
    refusedForMs: Number(refusedForUs) / 1000,
  };
}
