/** How quickly the past is forgotten: what was accepted this long ago counts about a third. */
const MEMORY_MS = 4_000;
const LEAST_AGE_MS = 1_000;

/** How many requests per second were lately accepted: what the path really carries, as opposed to what we would like to send. */
export interface DeliveryRate {
  /** How many were accepted since the beginning. */
  readonly count: number;
  accept(nowMs: number): void;
  /** Per second, as an exponentially weighted mean that is not biased by its own beginning; a beginning counts as a second at least. */
  perSecond(nowMs: number): number;
}

export function createDeliveryRate(): DeliveryRate {
  let count = 0;
  let weight = 0;
  let startedAt: number | undefined;
  let atMs = 0;
  const left = (spanMs: number) => Math.exp(-spanMs / MEMORY_MS);
  return {
    get count() {
      return count;
    },
    accept(nowMs) {
      startedAt ??= nowMs;
      count += 1;
      weight = weight * left(nowMs - atMs) + 1;
      atMs = nowMs;
    },
    perSecond(nowMs) {
      const ageMs = Math.max(LEAST_AGE_MS, nowMs - (startedAt ?? nowMs));
      return ((weight * left(nowMs - atMs)) / (MEMORY_MS * (1 - left(ageMs)))) * 1_000;
    },
  };
}
