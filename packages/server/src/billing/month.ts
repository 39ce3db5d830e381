/** Billing periods are calendar months in UTC. Times are epoch milliseconds. */
export function monthStart(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** The first moment of the month after the one of `at`. */
export function nextMonth(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** `2026-03`. */
export function monthName(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}

/** Bills count whole seconds, so that the times they show are the times they were computed from. */
export function wholeSecond(at: number): number {
  return Math.floor(at / 1000) * 1000;
}
