/** The first moment of the calendar month of `at` in UTC: billing periods are months. Epoch milliseconds. */
export function monthStart(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** The first moment of the month after that of `at`, in UTC. Epoch milliseconds. */
export function nextMonth(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** Year and month of `at` in UTC: `2026-03`. */
export function monthName(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}

/** Rounds down to a whole second: bills count and show the same times. Epoch milliseconds. */
export function wholeSecond(at: number): number {
  return Math.floor(at / 1000) * 1000;
}
