/** What closing months has done. */
export interface BillingCounters {
  /** Invoices that were issued when a month was over. */
  readonly issued: number;
  /** Tenants whose month could not be closed at the last attempt, which is repeated. */
  readonly overdue: number;
  /** Notes one round through all tenants. */
  note(issued: number, failed: number): void;
}

/** Counts from zero. */
export function createBillingCounters(): BillingCounters {
  const counts = { issued: 0, overdue: 0 };
  return {
    get issued() {
      return counts.issued;
    },
    get overdue() {
      return counts.overdue;
    },
    note(issued, failed) {
      counts.issued += issued;
      counts.overdue = failed;
    },
  };
}
