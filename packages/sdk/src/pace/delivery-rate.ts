/** How far back deliveries are counted. */
const WINDOW_MS = 5_000;
/** So many forgotten times are kept before the list is cut, because cutting moves all that remain. */
const KEPT = 1_024;

/** How many requests per second were lately accepted: what the path really carries, as opposed to what we would like to send. */
export interface DeliveryRate {
  /** How many were accepted since the beginning. */
  readonly count: number;
  accept(nowMs: number): void;
  /** Per second, over the last 5 s or since the first one if that is less, but never over less than a second. */
  perSecond(nowMs: number): number;
}

export function createDeliveryRate(): DeliveryRate {
  const times: number[] = [];
  /** Where the window begins in `times`. */
  let first = 0;
  let startedAt: number | undefined;
  let count = 0;

  const forget = (nowMs: number) => {
    while ((times[first] ?? nowMs) < nowMs - WINDOW_MS) first += 1;
    if (first > KEPT && first * 2 >= times.length) {
      times.splice(0, first);
      first = 0;
    }
  };
  return {
    get count() {
      return count;
    },
    accept(nowMs) {
      startedAt ??= nowMs;
      count += 1;
      times.push(nowMs);
      forget(nowMs);
    },
    perSecond(nowMs) {
      forget(nowMs);
      return ((times.length - first) * 1_000) / Math.max(1_000, Math.min(WINDOW_MS, nowMs - (startedAt ?? nowMs)));
    },
  };
}
