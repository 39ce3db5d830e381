import type { Clock } from '@openkupe/contract/clock';
import type { Random } from '@openkupe/contract/random';
import { createTimer } from '../reschedulable-timer.ts';
import { joinQueue, type Waiter } from '../wait-queue.ts';

const FIRST_GAP_MS = 1_000;
const LONGEST_GAP_MS = 5_000;
const GAP_GROWTH = 1.5;
/** However long a server asks to wait, the next probe is sent after this time at the latest. */
const LONGEST_ASKED_GAP_MS = 60_000;

/** What the probe is chosen by among the waiting calls: one that is safe to repeat, and of those the one with the fewest attempts. */
export interface WaitingCall {
  /** How often the call was sent so far. */
  readonly attempts: number;
  readonly isRepeatable: boolean;
}

/** The one request that an open breaker lets through to find out whether it can close. Has to be ended, however the call ends. */
export interface Probe {
  /**
   * The probe has ended without closing the breaker: the next one is sent after a longer gap, and not before `retryAfterMs` have passed.
   * Does nothing when the breaker is closed meanwhile.
   */
  end(retryAfterMs?: number): void;
}

/**
 * A circuit breaker (Nygard, Release It!) whose calls wait instead of failing. Closed: calls pass. Open: calls wait. Half-open: one of
 * them, the probe, is under way; its success closes the breaker and releases the others.
 */
export interface CircuitBreaker {
  /** Open or half-open: nothing passes but a probe. */
  readonly isOpen: boolean;
  /** Failures since the last reset; counted by the owner, who decides when to trip. */
  failures: number;
  readonly waitingCount: number;
  /** When the next probe is due, in milliseconds on the monotonic clock. */
  readonly probeAt: number;
  /** Closed → open. */
  trip(): void;
  /** → closed; every waiting call goes on. */
  reset(): void;
  /**
   * Open → half-open: the role of the probe, if there is none and it is due and no call waits for it. `isUrgent` skips the last two
   * conditions, for a call that has reason to expect an answer.
   */
  tryProbe(isUrgent: boolean): Probe | undefined;
  /** Waits to be sent as the probe, or, without a role, until the breaker closes. Throws the signal's reason when it aborts. */
  wait(call: WaitingCall, signal: AbortSignal): Promise<Probe | undefined>;
}

const cost = ({ attempts, isRepeatable }: WaitingCall) => attempts + (isRepeatable ? 0 : 1_000);

/** A closed {@link CircuitBreaker}. The gap between probes grows by half from 1 s to 5 s, drawn between half of it and all of it. */
export function createCircuitBreaker(clock: Clock, random: Random): CircuitBreaker {
  const queue: Waiter<Probe | undefined, WaitingCall>[] = [];
  let isOpen = false;
  let probes = 0;
  let probeAt = 0;
  let current: Probe | undefined;

  const begin = (): Probe => {
    const own: Probe = {
      end(retryAfterMs = 0) {
        if (current === own) schedule(retryAfterMs);
      },
    };
    current = own;
    return own;
  };
  const timer = createTimer(clock, () => {
    const [chosen] = [...queue].sort((one, other) => cost(one) - cost(other));
    if (!chosen) return;
    queue.splice(queue.indexOf(chosen), 1);
    chosen.grant(begin());
  });
  const arm = () => timer.set(isOpen && !current && queue.length > 0 ? probeAt : undefined);
  const schedule = (retryAfterMs: number) => {
    const gapMs = Math.min(LONGEST_GAP_MS, FIRST_GAP_MS * GAP_GROWTH ** probes) * (0.5 + 0.5 * random.unit());
    probes += 1;
    current = undefined;
    probeAt = clock.monotonic() + Math.max(gapMs, Math.min(LONGEST_ASKED_GAP_MS, retryAfterMs));
    arm();
  };

  const breaker: CircuitBreaker = {
    failures: 0,
    get isOpen() {
      return isOpen;
    },
    get waitingCount() {
      return queue.length;
    },
    get probeAt() {
      return probeAt;
    },
    trip() {
      if (isOpen) return;
      isOpen = true;
      probes = 0;
      schedule(0);
    },
    reset() {
      isOpen = false;
      breaker.failures = 0;
      current = undefined;
      arm();
      for (const call of queue.splice(0)) call.grant(undefined);
    },
    tryProbe(isUrgent) {
      const isDue = queue.length === 0 && clock.monotonic() >= probeAt;
      if (current || !(isUrgent || isDue)) return undefined;
      const probe = begin();
      arm();
      return probe;
    },
    wait(call, signal) {
      const end = joinQueue(queue, call, signal, arm);
      arm();
      return end;
    },
  };
  return breaker;
}
