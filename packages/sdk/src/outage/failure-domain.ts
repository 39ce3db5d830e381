import type { Clock } from '@openkupe/contract/clock';
import type { Random } from '@openkupe/contract/random';
import { createAlarm } from '../alarm.ts';
import { type Standing, standIn } from '../waiting-line.ts';

const FIRST_GAP_MS = 1_000;
const LONGEST_GAP_MS = 5_000;
const GAP_GROWTH = 1.5;
/** However far away a server says that it will be back, it is looked at after this long. */
const LONGEST_TOLD_GAP_MS = 60_000;

/** What tells which parked call goes to look: one whose repetition is safe, and of those the one that has made fewest attempts. */
export interface Parked {
  readonly attempts: number;
  readonly isRepeatable: boolean;
}

/** One thing that can be down: its parked calls, and the one that is sent to look. */
export interface FailureDomain {
  readonly isDown: boolean;
  /** In a row. */
  readonly failures: number;
  readonly parkedCount: number;
  /** When the next probe is due, on the monotonic clock. */
  readonly probeAt: number;
  failed(retryAfterMs: number): void;
  /** Nothing goes through any more except probes. */
  close(): void;
  /** Everybody goes. */
  open(): void;
  /** Whether the caller may be the probe right now, without parking; takes the role if so. */
  tryProbe(): boolean;
  /** A probe that was never sent, or that said nothing. */
  giveUpProbe(): void;
  /** Waits to be released or to be sent as the probe. Throws the signal's reason when it aborts. */
  park(call: Parked, signal: AbortSignal): Promise<'probe' | 'released'>;
}

const cost = ({ attempts, isRepeatable }: Parked) => attempts + (isRepeatable ? 0 : 1_000);

export function createFailureDomain(clock: Clock, random: Random): FailureDomain {
  const parked: Standing<'probe' | 'released', Parked>[] = [];
  let isDown = false;
  let failures = 0;
  let probes = 0;
  let probeAt = 0;
  let isProbing = false;

  const probe = () => {
    const [chosen] = [...parked].sort((one, other) => cost(one) - cost(other));
    if (!chosen) return;
    parked.splice(parked.indexOf(chosen), 1);
    isProbing = true;
    chosen.grant('probe');
  };
  const wakeAt = createAlarm(clock, probe);
  const arm = () => wakeAt(isDown && !isProbing && parked.length > 0 ? probeAt : undefined);
  /** The gap grows by half from one second to five, drawn between half of it and all of it. */
  const schedule = (retryAfterMs: number) => {
    const gapMs = Math.min(LONGEST_GAP_MS, FIRST_GAP_MS * GAP_GROWTH ** probes) * (0.5 + 0.5 * random.unit());
    probes += 1;
    isProbing = false;
    probeAt = clock.monotonic() + Math.max(gapMs, Math.min(LONGEST_TOLD_GAP_MS, retryAfterMs));
    arm();
  };

  return {
    get isDown() {
      return isDown;
    },
    get failures() {
      return failures;
    },
    get parkedCount() {
      return parked.length;
    },
    get probeAt() {
      return probeAt;
    },
    failed(retryAfterMs) {
      failures += 1;
      if (isDown && isProbing) schedule(retryAfterMs);
    },
    close() {
      if (isDown) return;
      isDown = true;
      probes = 0;
      schedule(0);
    },
    open() {
      isDown = false;
      failures = 0;
      isProbing = false;
      arm();
      for (const call of parked.splice(0)) call.grant('released');
    },
    tryProbe() {
      if (isProbing || parked.length > 0 || clock.monotonic() < probeAt) return false;
      isProbing = true;
      return true;
    },
    giveUpProbe() {
      if (isProbing) schedule(0);
    },
    park(call, signal) {
      const end = standIn(parked, call, signal, arm);
      arm();
      return end;
    },
  };
}
