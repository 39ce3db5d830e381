/** What the deliveries to Alertmanager of this process came to, for the metrics. */
export interface AlertmanagerCounters {
  /** Attempts since the start, by outcome. */
  readonly attempts: { readonly taken: number; readonly unavailable: number };
  /** Tenants whose configuration is not in force, and not refused either. */
  readonly pending: number;
  /** Tenants whose configuration is refused. */
  readonly rejected: number;
  /** Since when the oldest of those that are pending waits, epoch milliseconds; `undefined` where none is. */
  readonly oldestAt: number | undefined;
  countAttempt(outcome: 'taken' | 'unavailable'): void;
  note(state: { readonly pending: number; readonly rejected: number; readonly oldestAt: number | undefined }): void;
  /** Forgets what is pending, because another process delivers from here on. */
  clear(): void;
}

/** Counts from zero. */
export function createAlertmanagerCounters(): AlertmanagerCounters {
  const attempts = { taken: 0, unavailable: 0 };
  const none = { pending: 0, rejected: 0, oldestAt: undefined };
  let state: Parameters<AlertmanagerCounters['note']>[0] = none;
  return {
    attempts,
    get pending() {
      return state.pending;
    },
    get rejected() {
      return state.rejected;
    },
    get oldestAt() {
      return state.oldestAt;
    },
    countAttempt(outcome) {
      attempts[outcome] += 1;
    },
    note(next) {
      state = next;
    },
    clear() {
      state = none;
    },
  };
}
