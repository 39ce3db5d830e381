/** How far back deliveries are counted. */
const WINDOW_MS = 5_000;
/** So many forgotten times are kept before the list is cut, because cutting moves all that remain. */
const KEPT = 1_024;

/** How many requests per second were lately accepted: what the path really carries, as opposed to what we would like to send. */
export class DeliveryRate {
  private readonly times: number[] = [];
  /** Where the window begins in `times`. */
  private first = 0;
  private startedAt: number | undefined;
  /** How many were accepted since the beginning. */
  count = 0;

  accept(nowMs: number): void {
    this.startedAt ??= nowMs;
    this.count += 1;
    this.times.push(nowMs);
    this.forget(nowMs);
  }

  /** Per second, over the last 5 s or since the first one if that is less, but never over less than `leastMs`. */
  perSecond(nowMs: number, leastMs: number): number {
    this.forget(nowMs);
    const ageMs = nowMs - (this.startedAt ?? nowMs);
    return ((this.times.length - this.first) * 1_000) / Math.max(leastMs, Math.min(WINDOW_MS, ageMs));
  }

  private forget(nowMs: number): void {
    while (this.first < this.times.length && (this.times[this.first] ?? 0) < nowMs - WINDOW_MS) this.first += 1;
    if (this.first <= KEPT || this.first * 2 < this.times.length) return;
    this.times.splice(0, this.first);
    this.first = 0;
  }
}
