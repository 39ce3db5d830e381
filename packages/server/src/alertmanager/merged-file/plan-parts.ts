import type { TenantDocument } from '../alertmanager-target.ts';
import type { Document } from '../stored-document.ts';
import { type TenantPart, tenantPart } from './tenant-part.ts';

/** A part that Alertmanager may refuse, with the document that it was made of. */
export interface Candidate {
  readonly tenant: string;
  readonly document: Document;
  readonly part: TenantPart;
}

/** What a delivery begins with. It moves parts from `suspects` to `base` or `refusals`. */
export interface PlannedParts {
  /** What was taken before, by tenant. */
  readonly base: Map<string, TenantPart>;
  /** What is new. */
  readonly suspects: Candidate[];
  /** Why something new is refused, by tenant. */
  readonly refusals: Map<string, string>;
  /** What the base was made of. */
  readonly taken: Candidate[];
}

/** Sorts documents into what was taken, what is new, and what is known to be refused by this release of Alertmanager or by our own checks. */
export function planParts(documents: readonly TenantDocument[], version: string): PlannedParts {
  const plan: PlannedParts = { base: new Map(), suspects: [], refusals: new Map(), taken: [] };
  for (const { tenant, wanted, taken, refused } of documents) {
    const former = taken && tenantPart(tenant, taken);
    if (former && 'part' in former) {
      plan.base.set(tenant, former.part);
      plan.taken.push({ tenant, document: taken, part: former.part });
    }
    const next = taken === wanted && former ? former : tenantPart(tenant, wanted);
    if ('problem' in next) plan.refusals.set(tenant, next.problem);
    else if (refused && refused.by === version) plan.refusals.set(tenant, refused.message);
    else if (taken !== wanted) plan.suspects.push({ tenant, document: wanted, part: next.part });
  }
  return plan;
}
