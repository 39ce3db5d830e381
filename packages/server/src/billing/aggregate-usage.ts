import { addMoney, type Money, moneyOf } from '@openkupe/contract';
import type { BilledFor, CarriedCluster, LedgerRow, PlanTerms } from '../store/ledger.ts';
import type { Opening } from './open-period.ts';

/** An interval without a change, in epoch milliseconds, and the ledger entry that set the value which holds during it. */
export interface Interval<Value> {
  readonly from: number;
  readonly to: number;
  readonly value: Value;
  readonly entry?: number;
}

/** The intervals in which one cluster is billed, oldest first. */
export interface ClusterUsage {
  readonly uid: string;
  readonly name: string;
  readonly intervals: readonly Interval<BilledFor>[];
}

/** What is billed between two moments, without a price. */
export interface Usage {
  readonly from: number;
  /** By name, then uid. */
  readonly clusters: readonly ClusterUsage[];
  readonly plans: readonly Interval<PlanTerms>[];
  /** Credit carried in and granted since. */
  readonly credit: Money;
  /** What holds at the end and is carried into the next period. */
  readonly carried: { readonly clusters: readonly CarriedCluster[]; readonly plan: PlanTerms };
}

interface Timeline<Value> {
  readonly intervals: Interval<Value>[];
  current: { readonly value: Value; readonly since: number; readonly entry?: number } | undefined;
}

/** Ends the current interval at `at` and begins one with `value`, or none for `null`. An interval of length 0 is left out. */
function changeAt<Value>(timeline: Timeline<Value>, at: number, value: Value | null, entry?: number): void {
  const { current } = timeline;
  if (current && at > current.since) {
    const { since, ...rest } = current;
    timeline.intervals.push({ from: since, to: at, ...rest });
  }
  timeline.current = value === null ? undefined : { value, since: at, ...(entry === undefined ? {} : { entry }) };
}

/** The plan at the opening: the one carried over, else the one that the first move came from, else the present one. */
function openingPlan(opening: Opening, rows: readonly LedgerRow[], present: PlanTerms): PlanTerms {
  if (opening.plan) return opening.plan;
  const moved = rows.find(({ fact }) => fact.kind === 'plan')?.fact;
  return moved?.kind === 'plan' ? moved.from : present;
}

/**
 * Turns ledger entries into intervals. Pure. `rows` are the entries of the period in order, `present` the terms of the tenant's plan now.
 * An entry outside the period counts from the nearest end of it.
 */
export function aggregateUsage(opening: Opening, rows: readonly LedgerRow[], until: number, present: PlanTerms): Usage {
  const from = opening.start;
  const clusters = new Map<string, Timeline<BilledFor> & { name: string }>();
  for (const { uid, name, billed, entry } of opening.clusters) {
    clusters.set(uid, { name, intervals: [], current: { value: billed, since: from, entry } });
  }
  const plan: Timeline<PlanTerms> = { intervals: [], current: { value: openingPlan(opening, rows, present), since: from } };
  let credit = moneyOf(opening.credit);
  let at = from;
  for (const { at: happenedAt, entry, fact } of rows) {
    at = Math.min(Math.max(happenedAt, at), until);
    if (fact.kind === 'cluster') {
      const timeline = clusters.get(fact.uid) ?? { name: fact.name, intervals: [], current: undefined };
      clusters.set(fact.uid, timeline);
      changeAt(timeline, at, fact.billed, entry);
    } else if (fact.kind === 'plan') changeAt(plan, at, fact.to, entry);
    else if (fact.kind === 'credit') credit = addMoney(credit, moneyOf(fact.amount));
  }

  const carried: CarriedCluster[] = [];
  for (const [uid, timeline] of clusters) {
    const { name, current } = timeline;
    if (current?.entry !== undefined) carried.push({ uid, name, billed: current.value, entry: current.entry });
    changeAt(timeline, until, null);
  }
  const lastPlan = plan.current?.value ?? present;
  changeAt(plan, until, null);
  const billed = [...clusters]
    .map(([uid, { name, intervals }]) => ({ uid, name, intervals }))
    .filter(({ intervals }) => intervals.length > 0);
  const byName = billed.sort((a, b) => (a.name === b.name ? (a.uid < b.uid ? -1 : 1) : a.name < b.name ? -1 : 1));
  return { from, clusters: byName, plans: plan.intervals, credit, carried: { clusters: carried, plan: lastPlan } };
}
