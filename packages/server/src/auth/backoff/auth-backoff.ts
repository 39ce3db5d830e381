import type { Clock, Random } from '@openkupe/contract';
import { createKeyedHash, randomHashKey } from '../../crypto/keyed-hash.ts';
import { type AddressGroup, addressGroup, formatAddressGroup } from '../../http/client-address/address-group.ts';
import type { Log } from '../../log/log.ts';
import type { LimitRefusal, LimitView } from '../../rate-limit/admission.ts';
import { createDenialLog } from '../../rate-limit/denial-log.ts';
import { createFixedTable } from '../../rate-limit/fixed-table.ts';
import { wholeSeconds } from '../../rate-limit/gcra.ts';
import { rateLimitFields } from '../../rate-limit/rate-limit-fields.ts';

/**
 * "Repeated authentication failures trigger exponential backoff on top of the regular limit."
 *
 * Only credentials that were verified and are wrong are counted, per IPv4 address and per IPv6 /64: the first few are 401, then each one
 * doubles the time for which all further ones are 429. What is refused is not counted, so asking does not lengthen the wait, and one
 * failure is forgiven per hour. A right credential never comes here: keys carry 256 random bits, so that guessing is hopeless at any rate,
 * and a refusal would cost the address's right clients more than its guesser.
 */
export interface AuthBackoff {
  /** Bytes of the table, taken at the start and never more. */
  readonly bytes: number;
  readonly metrics: { readonly failures: number; readonly denied: number; readonly evictions: number };
  /** Counts a wrong credential. Returns the 429 while its address waits; then nothing was counted. */
  fail(address: string): LimitRefusal | undefined;
  /** How many more failures are free, as a limit like any other, because a limit that cannot be seen cannot be kept. */
  show(address: string): LimitView;
  /** Failures that still count, and how long the address waits. */
  state(address: string): { readonly failures: number; readonly blockedForMs: number };
  /** Forgets the failures of an address. Returns whether there were any. */
  forgive(address: string): boolean;
}

/** Failures that cost nothing; the longest wait; and how long a failure counts. */
export const AUTH_BACKOFF = { freeFailures: 5, firstWaitMs: 1000, longestWaitMs: 15 * 60_000, forgivenEveryMs: 60 * 60_000 } as const;
/** Far beyond the ceiling, and no power of two overflows. */
const MOST_DOUBLINGS = 30;
const MOST_FAILURES = 1000;
/** Sums of hours stay far closer to whole hours than this. */
const ROUNDING = 1e-8;
/** The wait is lengthened by up to this share, so that those who fail together do not return together. */
const JITTER = 0.1;

/** The wait after the nth failure, in milliseconds, before jitter: 0, …, 1 s, 2 s, 4 s, … up to the ceiling. */
export function backoffMs(failures: number): number {
  const { freeFailures, firstWaitMs, longestWaitMs } = AUTH_BACKOFF;
  if (failures <= freeFailures) return 0;
  return Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(MOST_DOUBLINGS, failures - freeFailures - 1));
}

/** What the backoff needs, and how many addresses it counts: 28 bytes each. */
export interface AuthBackoffOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: Random;
  readonly log?: Pick<Log, 'warn'>;
  readonly entries?: number;
}

/**
 * Creates the backoff of one server process. Where more addresses fail than can be counted, a new one takes over the entry with the fewest
 * failures, and these with it: nothing is forgotten by being pushed out.
 */
export function createAuthBackoff({ clock, random, log, entries = 2 ** 15 }: AuthBackoffOptions): AuthBackoff {
  const { forgivenEveryMs, longestWaitMs, freeFailures } = AUTH_BACKOFF;
  const table = createFixedTable(entries);
  /** When the last failure of an address will be forgiven; each of them is an hour. */
  const clearAtMs = table.ranks;
  const untilMs = new Float64Array(clearAtMs.length);
  const hash = createKeyedHash(randomHashKey(random));
  const denials = createDenialLog(log);
  const counters = { failures: 0, denied: 0 };
  const policy = { name: 'authentication', quota: 1, windowSeconds: longestWaitMs / 1000 };

  const counted = (entry: number, nowMs: number) =>
    Math.min(MOST_FAILURES, Math.max(0, Math.ceil(((clearAtMs[entry] as number) - nowMs) / forgivenEveryMs - ROUNDING)));
  const hashed = ({ first, second, family }: AddressGroup) => {
    hash.words(first, second, family);
    return [hash.result[0] as number, hash.result[1] as number] as const;
  };
  /** Where an address is counted, or would be. */
  const entryOf = (low: number, high: number) => {
    const found = table.find(low, high);
    return found >= 0 ? found : table.victim(low);
  };
  const stateOf = (address: string) => {
    const nowMs = clock.monotonic();
    const entry = entryOf(...hashed(addressGroup(address)));
    return { failures: counted(entry, nowMs), blockedForMs: Math.max(0, (untilMs[entry] as number) - nowMs) };
  };
  const refuse = (waitUntilMs: number, nowMs: number): LimitRefusal => {
    const retryAfterSeconds = wholeSeconds(waitUntilMs, nowMs);
    counters.denied += 1;
    const state = { name: policy.name, remaining: 0, resetSeconds: retryAfterSeconds };
    const headers = rateLimitFields([policy], [state], retryAfterSeconds * 1000);
    return { isAdmitted: false, limit: 'authentication', policy: policy.name, retryAfterSeconds, isReserved: false, headers };
  };

  return {
    bytes: table.bytes + untilMs.byteLength,
    get metrics() {
      return { ...counters, evictions: table.counters.evictions };
    },
    fail(address) {
      const nowMs = clock.monotonic();
      const group = addressGroup(address);
      const [low, high] = hashed(group);
      const waitUntilMs = untilMs[entryOf(low, high)] as number;
      if (waitUntilMs > nowMs) return refuse(waitUntilMs, nowMs);
      const entry = table.claim(low, high, Number.POSITIVE_INFINITY, nowMs);
      counters.failures += 1;
      clearAtMs[entry] = Math.max(clearAtMs[entry] as number, nowMs) + forgivenEveryMs;
      const waitMs = backoffMs(counted(entry, nowMs));
      untilMs[entry] = waitMs === 0 ? 0 : nowMs + Math.min(longestWaitMs, waitMs * (1 + random.unit() * JITTER));
      const retryAfterSeconds = wholeSeconds(untilMs[entry] as number, nowMs);
      if (waitMs > 0) denials.note(nowMs, { address: formatAddressGroup(group), policy: policy.name, retryAfterSeconds });
      return undefined;
    },
    show(address) {
      const { failures, blockedForMs } = stateOf(address);
      const remaining = Math.max(0, freeFailures - failures);
      const resetSeconds = Math.ceil(blockedForMs / 1000);
      return { name: policy.name, scope: 'authentication', quota: freeFailures, remaining, resetSeconds, isShadow: false };
    },
    state: stateOf,
    forgive(address) {
      const hadAny = stateOf(address).failures > 0;
      const [low, high] = hashed(addressGroup(address));
      const entry = table.claim(low, high, Number.POSITIVE_INFINITY, clock.monotonic());
      clearAtMs[entry] = 0;
      untilMs[entry] = 0;
      return hadAny;
    },
  };
}
