import { addMoney, type Money, moneyOf } from '@openkupe/contract';
import type { BilledFor, CarriedCluster, LedgerRow, PlanTerms } from '../store/ledger.ts';
import type { Opening } from './books.ts';

/** A stretch of time without a change, in epoch milliseconds, and the ledger entry that set what holds during it. */
export interface Stretch<What> {
  readonly from: number;
  readonly to: number;
  readonly what: What;
  readonly entry?: number;
}

export interface ClusterTally {
  readonly uid: string;
  readonly name: string;
  readonly stretches: readonly Stretch<BilledFor>[];
}

/** What was billed for between two moments, without a price. */
export interface Tally {
  readonly from: number;
  readonly until: number;
  /** By name, then uid. */
  readonly clusters: readonly ClusterTally[];
  readonly plans: readonly Stretch<PlanTerms>[];
  /** Credit carried in and granted since. */
  readonly credit: Money;
  /** What goes on at `until`. */
  readonly carried: { readonly clusters: readonly CarriedCluster[]; readonly plan: PlanTerms };
}

interface Course<What> {
  readonly stretches: Stretch<What>[];
  now: { readonly what: What; readonly since: number; readonly entry?: number } | undefined;
}

/** Ends what holds and begins what holds from `at` on. A stretch without length is none. */
function turn<What>(course: Course<What>, at: number, what: What | null, entry?: number): void {
  const { now } = course;
  if (now && at > now.since) {
    course.stretches.push({ from: now.since, to: at, what: now.what, ...(now.entry === undefined ? {} : { entry: now.entry }) });
  }
  course.now = what === null ? undefined : { what, since: at, ...(entry === undefined ? {} : { entry }) };
}

/** The plan that held at the opening: the one carried over, else the one that the first move came from, else the present one. */
function openingPlan(opening: Opening, rows: readonly LedgerRow[], present: PlanTerms): PlanTerms {
  if (opening.plan) return opening.plan;
  const moved = rows.find(({ fact }) => fact.kind === 'plan')?.fact;
  return moved?.kind === 'plan' ? moved.from : present;
}

/**
 * Turns what happened into stretches of time. Pure. `rows` are the entries of the period in order, `present` the terms of the tenant's
 * plan now. An entry outside the period counts from its nearest end.
 */
export function tally(opening: Opening, rows: readonly LedgerRow[], until: number, present: PlanTerms): Tally {
  const from = opening.start;
  const clusters = new Map<string, Course<BilledFor> & { name: string }>();
  for (const { uid, name, billed, entry } of opening.clusters) {
    clusters.set(uid, { name, stretches: [], now: { what: billed, since: from, entry } });
  }
  const plan: Course<PlanTerms> = { stretches: [], now: { what: openingPlan(opening, rows, present), since: from } };
  let credit = moneyOf(opening.credit);

  let at = from;
  for (const { at: happenedAt, entry, fact } of rows) {
    at = Math.min(Math.max(happenedAt, at), until);
    if (fact.kind === 'cluster') {
      const course = clusters.get(fact.uid) ?? { name: fact.name, stretches: [], now: undefined };
      clusters.set(fact.uid, course);
      turn(course, at, fact.billed, entry);
    } else if (fact.kind === 'plan') turn(plan, at, fact.to, entry);
    else if (fact.kind === 'credit') credit = addMoney(credit, moneyOf(fact.amount));
  }

  const carried: CarriedCluster[] = [];
  for (const [uid, course] of clusters) {
    const { name, now } = course;
    if (now?.entry !== undefined) carried.push({ uid, name, billed: now.what, entry: now.entry });
    turn(course, until, null);
  }
  const lastPlan = plan.now?.what ?? present;
  turn(plan, until, null);
  const byName = [...clusters]
    .map(([uid, { name, stretches }]) => ({ uid, name, stretches }))
    .filter(({ stretches }) => stretches.length > 0);
  byName.sort((a, b) => (a.name === b.name ? (a.uid < b.uid ? -1 : 1) : a.name < b.name ? -1 : 1));
  return { from, until, clusters: byName, plans: plan.stretches, credit, carried: { clusters: carried, plan: lastPlan } };
}
