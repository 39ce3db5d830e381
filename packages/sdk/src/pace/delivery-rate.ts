/** How far back deliveries are counted. */
const WINDOW_MS = 5_000;

/** How many requests per second were lately accepted: what the path really carries, as opposed to what we would like to send. */
export class DeliveryRate {
  private readonly times: number[] = [];
  private firstAt: number | undefined;
  /** How many were accepted since the beginning. */
  count = 0;

  accept(nowMs: number): void {
    this.firstAt ??= nowMs;
    this.count += 1;
    this.times.push(nowMs);
    this.forget(nowMs);
  }

  /** Per second, over the last 5 s or since the first one if that is less, but never over less than `leastMs`. */
  perSecond(nowMs: number, leastMs = 250): number {
    this.forget(nowMs);
    const ageMs = nowMs - (this.firstAt ?? nowMs);
    return (this.times.length * 1_000) / Math.max(leastMs, Math.min(WINDOW_MS, ageMs));
  }

  private forget(nowMs: number): void {
    let stale = 0;
    while (stale < this.times.length && (this.times[stale] ?? 0) < nowMs - WINDOW_MS) stale += 1;
    if (stale > 0) this.times.splice(0, stale);
  }
}
