import { Histogram } from './histogram.ts';

/** Turns of the reconciler by kind of resource: how long each took, and how it ended. */
export interface ReconcileCounters {
  note(kind: string, outcome: string, seconds: number): void;
  durations(): ReadonlyMap<string, Histogram>;
  outcomes(): { readonly kind: string; readonly outcome: string; readonly count: number }[];
}

/** Counts from zero. */
export function createReconcileCounters(): ReconcileCounters {
  const durations = new Map<string, Histogram>();
  const outcomes = new Map<string, { readonly kind: string; readonly outcome: string; count: number }>();
  return {
    note(kind, outcome, seconds) {
      const duration = durations.get(kind) ?? new Histogram();
      durations.set(kind, duration);
      duration.note(seconds);
      const found = outcomes.get(`${kind} ${outcome}`);
      if (found) found.count += 1;
      else outcomes.set(`${kind} ${outcome}`, { kind, outcome, count: 1 });
    },
    durations: () => durations,
    outcomes: () => [...outcomes.values()],
  };
}
