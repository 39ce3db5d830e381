import type { Clock } from '@openkupe/contract';
import { type AddressGroup, addressGroup, formatAddressGroup } from './address-group.ts';
import type { AuthFailureBackoff } from './auth-failure-backoff.ts';
import type { AuthenticationStart, DecidedStart, GuardRefusal } from './guard.ts';

/**
 * Lets credentials be verified, as many side by side as the backoff allows. Whoever finds no place has done nothing wrong: it waits in
 * line for the one that is given back next, and is verified, or refused because those before it failed.
 */
export interface VerificationGate {
  begin(address: string, credential: string): AuthenticationStart;
}

export interface VerificationGateOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly backoff: AuthFailureBackoff;
  /** Words a refusal of the backoff. */
  readonly refuse: (readyAtMs: number, group: AddressGroup, nowMs: number) => GuardRefusal;
}

/** Waiting requests of one address or /48, and of all: half of what the process admits before it has measured itself. */
const LONGEST_LINE = 100;
const MOST_WAITING = 500;
/** Whoever has waited for this long is told to come back. */
const LONGEST_WAIT_MS = 10_000;
const BUSY: DecidedStart = { outcome: 'busy', retryAfterMs: 1000 };

interface Waiter {
  readonly group: AddressGroup;
  readonly groupName: string;
  readonly credential: string;
  readonly sinceMs: number;
  resolve(start: DecidedStart): void;
}

/** Who competes for the same places: an IPv4 address, an IPv6 /48. */
const lineOf = (group: AddressGroup) => formatAddressGroup(group, true);

export function createVerificationGate({ clock, backoff, refuse }: VerificationGateOptions): VerificationGate {
  const lines = new Map<string, Waiter[]>();
  let waiting = 0;

  /** `undefined` when there is no place. */
  function decide(group: AddressGroup, credential: string, nowMs: number): DecidedStart | undefined {
    const start = backoff.begin(group, credential, nowMs);
    if (start.outcome === 'busy') return undefined;
    if (start.outcome === 'known-invalid') return start;
    if (start.outcome === 'wait') return { outcome: 'refused', refusal: refuse(start.readyAtMs, group, nowMs) };
    let hasFinished = false;
    return {
      outcome: 'verify',
      finish(isValid) {
        if (hasFinished) return;
        hasFinished = true;
        const finishedMs = clock.monotonic();
        backoff.end(start, finishedMs);
        if (isValid !== undefined) backoff.report(group, credential, isValid, finishedMs);
        if (waiting > 0) advance(lineOf(group), finishedMs);
      },
    };
  }

  /** Decides about those in a line that can be decided about, in order. */
  function advance(name: string, nowMs: number): void {
    const line = lines.get(name);
    if (!line) return;
    const full = new Set<string>();
    const left = line.filter((waiter) => {
      const isLate = nowMs - waiter.sinceMs > LONGEST_WAIT_MS;
      const start = isLate ? BUSY : full.has(waiter.groupName) ? undefined : decide(waiter.group, waiter.credential, nowMs);
      if (start) waiter.resolve(start);
      else full.add(waiter.groupName);
      return !start;
    });
    waiting -= line.length - left.length;
    if (left.length > 0) lines.set(name, left);
    else lines.delete(name);
  }

  return {
    begin(address, credential) {
      const nowMs = clock.monotonic();
      const group = addressGroup(address);
      const isBehindOthers = waiting > 0 && lines.has(lineOf(group)) && !backoff.isKnownGood(group, credential, nowMs);
      const start = isBehindOthers ? undefined : decide(group, credential, nowMs);
      if (start) return start;
      const name = lineOf(group);
      const line = lines.get(name) ?? [];
      if (line.length >= LONGEST_LINE || waiting >= MOST_WAITING) return BUSY;
      const waiter = { group, groupName: formatAddressGroup(group), credential, sinceMs: nowMs };
      const turn = new Promise<DecidedStart>((resolve) => line.push({ ...waiter, resolve }));
      lines.set(name, line);
      waiting += 1;
      // Those before it may have waited too long, and in its own group there may be a place.
      if (isBehindOthers) advance(name, nowMs);
      return { outcome: 'queued', turn };
    },
  };
}
