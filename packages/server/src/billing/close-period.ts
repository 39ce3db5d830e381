import type { Plan } from '@openkupe/contract';
import type { Log } from '../log/log.ts';
import { commitInRounds } from '../store/commit.ts';
import type { LedgerFact } from '../store/ledger.ts';
import type { InvoiceSpec, Resource } from '../store/resource.ts';
import type { Change, Store } from '../store/store.ts';
import { monthName, monthStart, nextMonth, wholeSecond } from './billing-month.ts';
import { type DraftBill, draftBill } from './draft-bill.ts';
import { type OpenPeriod, readOpenPeriod } from './open-period.ts';

/** What closing a period needs: the store, and the plans with their prices. */
export interface BillingPorts {
  readonly store: Store;
  readonly plans: readonly Plan[];
}

type Tenant = Resource<'tenant'>;

interface Bill {
  readonly rows: OpenPeriod['rows'];
  readonly until: number;
  readonly isFinal: boolean;
}

/** The month, with a number where an earlier tenant of the same name already has an invoice for it. */
async function freeName(store: Store, tenant: Tenant, month: string): Promise<string> {
  const taken = new Set((await store.keys('invoice', tenant.name)).map(({ name }) => name));
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? month : `${month}-${count}`;
    if (!taken.has(name)) return name;
  }
}

function invoiceSpec(tenant: Tenant, period: OpenPeriod, { until, isFinal }: Bill, { lines, totals }: DraftBill, now: number): InvoiceSpec {
  const { creditLeft: _, ...sums } = totals;
  return {
    tenantUid: tenant.uid,
    periodStart: monthStart(period.opening.start),
    periodEnd: isFinal ? until : nextMonth(period.opening.start),
    issuedAt: now,
    billedUntil: until,
    lines: [...lines],
    ...sums,
  };
}

/** The invoice and the ledger's closing entry in one transaction. Stale if another entry was written after `period.head`. */
function closingChange(tenant: Tenant, period: OpenPeriod, bill: Bill, draft: DraftBill, name: string, now: number): Change {
  const key = { kind: 'invoice', tenant: tenant.name, name } as const;
  const { carried } = draft.usage;
  const fact: LedgerFact = {
    kind: 'closing',
    tenantUid: tenant.uid,
    invoice: name,
    until: bill.until,
    upTo: bill.rows.at(-1)?.entry ?? period.billedUpTo,
    isFinal: bill.isFinal,
    clusters: carried.clusters,
    plan: carried.plan,
    credit: draft.totals.creditLeft,
  };
  const spec = invoiceSpec(tenant, period, bill, draft, now);
  const phase = spec.total === '0.00' ? 'Paid' : 'Finalised';
  return {
    at: now,
    writes: [{ verb: 'create', key, uid: `${tenant.uid}-${name}`, spec, observed: { phase } }],
    ledger: [{ tenant: tenant.name, at: bill.until, fact, follows: period.head }],
    events: [{ key, type: 'created', message: `Invoice "${name}" was issued: GBP ${spec.total}` }],
  };
}

/** Issues one invoice for the part of the period that `billOf` selects, or none. After a lost race the period is read and decided again. */
async function issue(
  { store, plans }: BillingPorts,
  tenant: Tenant,
  now: number,
  billOf: (period: OpenPeriod) => Bill | undefined,
): Promise<'issued' | 'nothing-due'> {
  return commitInRounds(`close the period of tenant "${tenant.name}"`, async () => {
    const period = await readOpenPeriod(store, tenant);
    const bill = period.isFinal ? undefined : billOf(period);
    if (!bill) return 'nothing-due';
    const name = await freeName(store, tenant, monthName(period.opening.start));
    const draft = draftBill(tenant, { opening: period.opening, rows: bill.rows, until: bill.until }, plans);
    const { outcome } = await store.commit(closingChange(tenant, period, bill, draft, name, now));
    return outcome === 'written' ? 'issued' : undefined;
  });
}

/** Selects the oldest month that is over and on no invoice. Entries at the very end of a month belong to the next. */
function finishedMonth(now: number) {
  return ({ opening, rows }: OpenPeriod): Bill | undefined => {
    const until = nextMonth(opening.start);
    if (until > now) return undefined;
    const firstAfter = rows.findIndex(({ at }) => at >= until);
    return { rows: firstAfter === -1 ? rows : rows.slice(0, firstAfter), until, isFinal: false };
  };
}

function everythingLeft(now: number) {
  return ({ opening, rows }: OpenPeriod): Bill => {
    return { rows, until: Math.max(wholeSecond(now), opening.start, rows.at(-1)?.at ?? 0), isFinal: true };
  };
}

/** Issues an invoice for every month of a tenant that is over and returns how many. Idempotent; after downtime it catches up, month by month. */
export async function closeMonths(ports: BillingPorts, tenant: Tenant, now: number): Promise<number> {
  let issued = 0;
  while ((await issue(ports, tenant, now, finishedMonth(now))) === 'issued') issued += 1;
  return issued;
}

/**
 * Issues the last invoice of a tenant that is being deleted, up to `now`, after those of the months before it. Called when its clusters
 * are gone and before its row is removed. Idempotent. Nothing is billed afterwards, and credit that is left lapses.
 */
export async function issueFinalInvoice(ports: BillingPorts, tenant: Tenant, now: number): Promise<'issued' | 'nothing-due'> {
  await closeMonths(ports, tenant, now);
  return issue(ports, tenant, now, everythingLeft(now));
}

/** Keys of tenants read at a time. */
const PAGE = 100;

/** Lets waiting requests run: reads of the embedded store are answered at once, so that a loop of them alone would hold the event loop. */
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** {@link closeMonths} for every tenant, one in a turn of the event loop. A failure is logged and does not stop the others. */
export async function closePeriods(ports: BillingPorts & { readonly log: Log }, now: number): Promise<{ issued: number; failed: number }> {
  const result = { issued: 0, failed: 0 };
  for (let page = await ports.store.keysAfter('tenant', undefined, PAGE); page.length > 0; ) {
    for (const key of page) {
      await nextTurn();
      try {
        const tenant = await ports.store.get(key);
        if (tenant) result.issued += await closeMonths(ports, tenant, now);
      } catch (error) {
        result.failed += 1;
        ports.log.error({ tenant: key.name, error: String(error) }, 'the period of a tenant could not be closed; it will be tried again');
      }
    }
    page = await ports.store.keysAfter('tenant', page.at(-1), PAGE);
  }
  return result;
}
