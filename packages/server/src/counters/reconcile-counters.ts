import { Histogram } from './histogram.ts';

/** What the reconciler worked on: the kind of resource, and of a cluster the phase that it was in; empty where it was not read. */
export interface WorkedOn {
  readonly kind: string;
  readonly phase: string;
}

/** Turns of the reconciler by kind of resource and phase: how long each took, and how it ended. */
export interface ReconcileCounters {
  note(work: WorkedOn, outcome: string, seconds: number): void;
  durations(): readonly { readonly labels: WorkedOn; readonly histogram: Histogram }[];
  outcomes(): readonly (WorkedOn & { readonly outcome: string; readonly count: number })[];
}

interface OfWork {
  readonly labels: WorkedOn;
  readonly histogram: Histogram;
  readonly byOutcome: Map<string, number>;
}

/** Counts from zero. */
export function createReconcileCounters(): ReconcileCounters {
  const worked = new Map<string, OfWork>();
  return {
    note({ kind, phase }, outcome, seconds) {
      const key = `${kind} ${phase}`;
      const found: OfWork = worked.get(key) ?? { labels: { kind, phase }, histogram: new Histogram(), byOutcome: new Map() };
      worked.set(key, found);
      found.histogram.note(seconds);
      found.byOutcome.set(outcome, (found.byOutcome.get(outcome) ?? 0) + 1);
    },
    durations: () => [...worked.values()],
    outcomes: () =>
      [...worked.values()].flatMap(({ labels, byOutcome }) => [...byOutcome].map(([outcome, count]) => ({ ...labels, outcome, count }))),
  };
}
