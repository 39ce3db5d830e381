import type { Clock } from '@openkupe/contract/clock';
import type { Random } from '@openkupe/contract/random';
import { createAlarm } from '../alarm.ts';
import { joinQueue, type Waiter } from '../wait-queue.ts';

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

/** The role of the one call that is sent to look. It has to be laid down, however the call ends. */
export interface Probe {
  /** The next one goes later, and not before `retryAfterMs` have passed. Does nothing when what was down is back. */
  end(retryAfterMs?: number): void;
}

/** One thing that can be down: its parked calls, and the one that is sent to look. */
export interface FailureDomain {
  readonly isDown: boolean;
  /** In a row. */
  failures: number;
  readonly parkedCount: number;
  /** When the next probe is due, on the monotonic clock. */
  readonly probeAt: number;
  /** Nothing goes through any more except probes. */
  close(): void;
  /** Everybody goes. */
  open(): void;
  /** The role of the probe, if it is free and due. `isFirst`: the caller has reason to expect an answer, and need not wait for the time. */
  tryProbe(isFirst: boolean): Probe | undefined;
  /** Waits to be sent as the probe, or to be released, which gives no role. Throws the signal's reason when it aborts. */
  park(call: Parked, signal: AbortSignal): Promise<Probe | undefined>;
}

const cost = ({ attempts, isRepeatable }: Parked) => attempts + (isRepeatable ? 0 : 1_000);

export function createFailureDomain(clock: Clock, random: Random): FailureDomain {
  const parked: Waiter<Probe | undefined, Parked>[] = [];
  let isDown = false;
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
  const wakeAt = createAlarm(clock, () => {
    const [chosen] = [...parked].sort((one, other) => cost(one) - cost(other));
    if (!chosen) return;
    parked.splice(parked.indexOf(chosen), 1);
    chosen.grant(begin());
  });
  const arm = () => wakeAt(isDown && !current && parked.length > 0 ? probeAt : undefined);
  /** The gap grows by half from one second to five, drawn between half of it and all of it. */
  const schedule = (retryAfterMs: number) => {
    const gapMs = Math.min(LONGEST_GAP_MS, FIRST_GAP_MS * GAP_GROWTH ** probes) * (0.5 + 0.5 * random.unit());
    probes += 1;
    current = undefined;
    probeAt = clock.monotonic() + Math.max(gapMs, Math.min(LONGEST_TOLD_GAP_MS, retryAfterMs));
    arm();
  };

  const domain: FailureDomain = {
    failures: 0,
    get isDown() {
      return isDown;
    },
    get parkedCount() {
      return parked.length;
    },
    get probeAt() {
      return probeAt;
    },
    close() {
      if (isDown) return;
      isDown = true;
      probes = 0;
      schedule(0);
    },
    open() {
      isDown = false;
      domain.failures = 0;
      current = undefined;
      arm();
      for (const call of parked.splice(0)) call.grant(undefined);
    },
    tryProbe(isFirst) {
      const isDue = parked.length === 0 && clock.monotonic() >= probeAt;
      if (current || !(isFirst || isDue)) return undefined;
      const probe = begin();
      arm();
      return probe;
    },
    park(call, signal) {
      const end = joinQueue(parked, call, signal, arm);
      arm();
      return end;
    },
  };
  return domain;
}
