import type { Clock } from '@openkupe/contract/clock';
import type { Random } from '@openkupe/contract/random';
import { ENDED } from '../call-scope.ts';

const FIRST_GAP_MS = 1_000;
const LONGEST_GAP_MS = 5_000;
/** However far away a server says that it will be back, it is looked at after this long. */
const LONGEST_TOLD_GAP_MS = 60_000;

interface Parked {
  /** Attempts that its call has already made; whoever made fewest goes to look. */
  readonly attempts: number;
  readonly isRepeatable: boolean;
  readonly go: (as: 'probe' | 'released') => void;
}

/** One thing that can be down: its parked calls, and the one that is sent to look. */
export class FailureDomain {
  isDown = false;
  /** In a row. */
  failures = 0;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly parked: Parked[] = [];
  private probes = 0;
  private nextProbeAt = 0;
  private isProbing = false;
  private timer: AbortController | undefined;

  constructor(clock: Clock, random: Random) {
    this.clock = clock;
    this.random = random;
  }

  /** When the next probe is due, on the monotonic clock. */
  get probeAt(): number {
    return this.nextProbeAt;
  }

  get parkedCount(): number {
    return this.parked.length;
  }

  failed(retryAfterMs: number): void {
    this.failures += 1;
    if (this.isDown && this.isProbing) this.schedule(retryAfterMs);
  }

  /** Nothing goes through any more except probes. */
  close(): void {
    if (this.isDown) return;
    this.isDown = true;
    this.probes = 0;
    this.schedule(0);
  }

  /** Everybody goes. */
  open(): void {
    this.isDown = false;
    this.failures = 0;
    this.isProbing = false;
    this.stopTimer();
    for (const call of this.parked.splice(0)) call.go('released');
  }

  /** Whether the caller may be the probe right now, without parking; takes the role if so. */
  tryProbe(): boolean {
    if (this.isProbing || this.parked.length > 0 || this.clock.monotonic() < this.nextProbeAt) return false;
    this.isProbing = true;
    return true;
  }

  /** A probe that was never sent, or that said nothing. */
  giveUpProbe(): void {
    if (this.isProbing) this.schedule(0);
  }

  /** Waits to be released or to be sent as the probe. Throws the signal's reason when it aborts. */
  park(attempts: number, isRepeatable: boolean, signal: AbortSignal): Promise<'probe' | 'released'> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const leave = () => {
        this.parked.splice(this.parked.indexOf(call), 1);
        if (this.parked.length === 0) this.stopTimer();
        reject(signal.reason);
      };
      const call: Parked = {
        attempts,
        isRepeatable,
        go(as) {
          signal.removeEventListener('abort', leave);
          resolve(as);
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.parked.push(call);
      this.arm();
    });
  }

  /** The gap grows by half from one second to five, drawn between half of it and all of it. */
  private schedule(retryAfterMs: number): void {
    const gapMs = Math.min(LONGEST_GAP_MS, FIRST_GAP_MS * 1.5 ** this.probes) * (0.5 + 0.5 * this.random.unit());
    this.probes += 1;
    this.isProbing = false;
    this.nextProbeAt = this.clock.monotonic() + Math.max(gapMs, Math.min(LONGEST_TOLD_GAP_MS, retryAfterMs));
    this.stopTimer();
    this.arm();
  }

  private arm(): void {
    if (this.timer || this.isProbing || !this.isDown || this.parked.length === 0) return;
    const timer = new AbortController();
    this.timer = timer;
    this.clock.sleep(this.nextProbeAt - this.clock.monotonic(), timer.signal).then(
      () => {
        if (this.timer !== timer) return;
        this.timer = undefined;
        this.probe();
      },
      () => {},
    );
  }

  private probe(): void {
    const cost = (call: Parked) => call.attempts + (call.isRepeatable ? 0 : 1_000);
    const [first, ...others] = this.parked;
    if (!first || this.isProbing || !this.isDown) return;
    const chosen = others.reduce((best, call) => (cost(call) < cost(best) ? call : best), first);
    this.parked.splice(this.parked.indexOf(chosen), 1);
    this.isProbing = true;
    chosen.go('probe');
  }

  private stopTimer(): void {
    this.timer?.abort(ENDED);
    this.timer = undefined;
  }
}
