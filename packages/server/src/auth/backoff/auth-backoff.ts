import type { Clock, Random } from '@openkupe/contract';
import { createKeyedHash, type KeyedHash, randomHashKey } from '../../crypto/keyed-hash.ts';
import { addressGroup, formatAddressGroup } from '../../http/client-address/address-group.ts';
import type { Log } from '../../log/log.ts';
import type { LimitRefusal, LimitView } from '../../rate-limit/admission.ts';
import { DenialLog } from '../../rate-limit/denial-log.ts';
import { FixedTable } from '../../rate-limit/fixed-table.ts';
import { wholeSeconds } from '../../rate-limit/gcra.ts';
import { rateLimitFields } from '../../rate-limit/rate-limit-fields.ts';

/** Failures that cost nothing; the longest wait; and how long a failure counts. */
export const AUTH_BACKOFF = { freeFailures: 5, firstWaitMs: 1000, longestWaitMs: 15 * 60_000, forgivenEveryMs: 60 * 60_000 } as const;
const { freeFailures, firstWaitMs, longestWaitMs, forgivenEveryMs } = AUTH_BACKOFF;
/** Sums of hours stay far closer to whole hours than this. */
const ROUNDING = 1e-8;
/** The wait is lengthened by up to this share, so that those who fail together do not return together. */
const JITTER = 0.1;

/** The wait after the nth failure, in milliseconds, before jitter: 0, …, 1 s, 2 s, 4 s, … up to the ceiling. */
export function backoffMs(failures: number): number {
  if (failures <= freeFailures) return 0;
  return Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - freeFailures - 1));
}

/** What the backoff needs, and how many addresses it counts: 28 bytes each. */
export interface AuthBackoffOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: Random;
  readonly log?: Pick<Log, 'warn'>;
  readonly entries?: number;
}

const NAME = 'authentication';
const POLICY = { name: NAME, quota: 1, windowSeconds: longestWaitMs / 1000 };

/**
 * "Repeated authentication failures trigger exponential backoff on top of the regular limit."
 *
 * Only credentials that were verified and are wrong are counted, per IPv4 address and per IPv6 /64: the first few are 401, then each one
 * doubles the time for which all further ones are 429. What is refused is not counted, so asking does not lengthen the wait, and one
 * failure is forgiven per hour. A right credential never comes here: keys carry 256 random bits, so that guessing is hopeless at any rate,
 * and a refusal would cost the address's right clients more than its guesser.
 *
 * Where more addresses fail than can be counted, a new one takes over the entry with the fewest failures, and these with it: nothing is
 * forgotten by being pushed out.
 */
export class AuthBackoff {
  readonly bytes: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #random: Random;
  readonly #hash: KeyedHash;
  readonly #denials: DenialLog;
  /** Ranks are when the last failure of an address will be forgiven; each of them is an hour. */
  readonly #table: FixedTable;
  readonly #untilMs: Float64Array;
  readonly #counters = { failures: 0, denied: 0 };

  constructor({ clock, random, log, entries = 2 ** 15 }: AuthBackoffOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#hash = createKeyedHash(randomHashKey(random));
    this.#denials = new DenialLog(log);
    this.#table = new FixedTable(entries);
    this.#untilMs = new Float64Array(this.#table.overflow + 1);
    this.bytes = this.#table.bytes + this.#untilMs.byteLength;
  }

  #hashed(address: string): readonly [number, number] {
    const { first, second, family } = addressGroup(address);
    this.#hash.words(first, second, family);
    return [this.#hash.result[0] as number, this.#hash.result[1] as number];
  }

  #counted(entry: number, nowMs: number): number {
    return Math.max(0, Math.ceil(((this.#table.ranks[entry] as number) - nowMs) / forgivenEveryMs - ROUNDING));
  }

  /** Counts a wrong credential. Returns the 429 while its address waits; then nothing was counted. */
  fail(address: string): LimitRefusal | undefined {
    const nowMs = this.#clock.monotonic();
    const [low, high] = this.#hashed(address);
    const waitUntilMs = this.#untilMs[this.#entryOf(low, high)] as number;
    if (waitUntilMs > nowMs) return this.#refuse(waitUntilMs, nowMs);
    const entry = this.#table.claim(low, high, Number.POSITIVE_INFINITY, nowMs);
    const { ranks } = this.#table;
    this.#counters.failures += 1;
    ranks[entry] = Math.max(ranks[entry] as number, nowMs) + forgivenEveryMs;
    const waitMs = backoffMs(this.#counted(entry, nowMs));
    const untilMs = waitMs === 0 ? 0 : nowMs + Math.min(longestWaitMs, waitMs * (1 + this.#random.unit() * JITTER));
    this.#untilMs[entry] = untilMs;
    const fields = { address: formatAddressGroup(addressGroup(address)), policy: NAME, retryAfterSeconds: wholeSeconds(untilMs, nowMs) };
    if (waitMs > 0) this.#denials.note(nowMs, fields);
    return undefined;
  }

  /** Where an address is counted, or would be. */
  #entryOf(low: number, high: number): number {
    const found = this.#table.find(low, high);
    return found >= 0 ? found : this.#table.victim(low);
  }

  #refuse(waitUntilMs: number, nowMs: number): LimitRefusal {
    const retryAfterSeconds = wholeSeconds(waitUntilMs, nowMs);
    this.#counters.denied += 1;
    const headers = rateLimitFields([POLICY], [{ name: NAME, remaining: 0, resetSeconds: retryAfterSeconds }], retryAfterSeconds * 1000);
    return { isAdmitted: false, limit: 'authentication', policy: NAME, retryAfterSeconds, isReserved: false, headers };
  }

  /** Failures that still count, and how long the address waits. */
  state(address: string): { readonly failures: number; readonly blockedForMs: number } {
    const nowMs = this.#clock.monotonic();
    const entry = this.#entryOf(...this.#hashed(address));
    return { failures: this.#counted(entry, nowMs), blockedForMs: Math.max(0, (this.#untilMs[entry] as number) - nowMs) };
  }

  /** How many more failures are free, as a limit like any other, because a limit that cannot be seen cannot be kept. */
  show(address: string): LimitView {
    const { failures, blockedForMs } = this.state(address);
    const remaining = Math.max(0, freeFailures - failures);
    return { name: NAME, scope: NAME, quota: freeFailures, remaining, resetSeconds: Math.ceil(blockedForMs / 1000), isShadow: false };
  }

  /** Forgets the failures of an address. Returns whether there were any. */
  forgive(address: string): boolean {
    const hadAny = this.state(address).failures > 0;
    const entry = this.#table.claim(...this.#hashed(address), Number.POSITIVE_INFINITY, this.#clock.monotonic());
    this.#table.ranks[entry] = 0;
    this.#untilMs[entry] = 0;
    return hadAny;
  }

  get metrics(): { readonly failures: number; readonly denied: number; readonly evictions: number } {
    return { ...this.#counters, evictions: this.#table.counters.evictions };
  }
}
