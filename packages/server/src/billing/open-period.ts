import { commitInRounds } from '../store/commit.ts';
import type { Closed, LedgerRow } from '../store/ledger.ts';
import type { Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';
import { wholeSecond } from './billing-month.ts';

/** What holds at the end of the last invoice, or at the creation of the tenant. */
export interface Opening extends Pick<Closed, 'clusters' | 'plan' | 'credit'> {
  /** The first moment that is on no invoice, epoch milliseconds. */
  readonly start: number;
}

/** The open billing period of a tenant: the ledger entries that are on no invoice yet. */
export interface OpenPeriod {
  readonly opening: Opening;
  /** Oldest first; their times never go backwards. */
  readonly rows: readonly LedgerRow[];
  /** The last entry that is on an invoice, 0 for none: `rows` begin after it. */
  readonly billedUpTo: number;
  /** The tenant's last entry, 0 for none. */
  readonly head: number;
  /** False when there were more rows than were asked for. */
  readonly isComplete: boolean;
  /** Whether the tenant has its final invoice, after which nothing is billed. */
  readonly isFinal: boolean;
}

const PAGE = 1_000;

function openingOf(tenant: Resource<'tenant'>, closing: Closed | undefined, rows: readonly LedgerRow[]): Opening {
  // NOTE: a closing of another uid belongs to an earlier tenant of this name; it carries nothing over.
  if (closing?.tenantUid !== tenant.uid) {
    // The plan that the tenant began on is where its first move came from, however many months ago that is.
    const moved = rows.find(({ fact }) => fact.kind === 'plan')?.fact;
    const plan = moved?.kind === 'plan' ? { plan: moved.from } : {};
    return { start: wholeSecond(tenant.createdAt), clusters: [], credit: '0', ...plan };
  }
  const { until: start, clusters, plan, credit } = closing;
  return { start, clusters, credit, ...(plan ? { plan } : {}) };
}

/**
 * Reads the entries since the last invoice, at most `limit` of them. The cost does not grow with the age of the tenant.
 *
 * @throws {Error} where the period was closed during each of the reads.
 */
export async function readOpenPeriod(store: Store, tenant: Resource<'tenant'>, limit = Number.POSITIVE_INFINITY): Promise<OpenPeriod> {
  return commitInRounds(`read the ledger of tenant "${tenant.name}"`, async () => {
    const closing = await lastClosing(store, tenant.name);
    const fact = closing?.closed;
    const rows: LedgerRow[] = [];
    const billedUpTo = fact?.upTo ?? 0;
    const isCut = await readRows(store, tenant.name, billedUpTo, limit, rows);
    // The period was closed while it was read: the carried values are newer than the entries that were read first.
    if (rows.some((row) => closedBy(row) !== undefined && row.entry > (closing?.entry ?? 0))) return undefined;
    const isFinal = fact?.isFinal === true && fact.tenantUid === tenant.uid;
    return {
      opening: openingOf(tenant, fact, rows),
      rows: notAfterReopening(rows),
      billedUpTo,
      head: rows.at(-1)?.entry ?? 0,
      isComplete: !isCut,
      isFinal,
    };
  });
}

/** The closed period in a closing or reopening entry; `undefined` for any other entry. */
export function closedBy({ fact }: LedgerRow): Closed | undefined {
  return fact.kind === 'closing' || fact.kind === 'reopening' ? fact : undefined;
}

async function lastClosing(store: Store, tenant: string): Promise<{ readonly entry: number; readonly closed: Closed } | undefined> {
  const last = await Promise.all([store.lastLedger(tenant, 'closing'), store.lastLedger(tenant, 'reopening')]);
  return last
    .flatMap((row) => {
      const closed = row && closedBy(row);
      return closed ? [{ entry: row.entry, closed }] : [];
    })
    .sort((a, b) => b.entry - a.entry)[0];
}

/** Entries before a reopening happened before it, even if the wrong clock gave them a later time: their times are capped. */
function notAfterReopening(rows: readonly LedgerRow[]): LedgerRow[] {
  let latest = Number.POSITIVE_INFINITY;
  return rows
    .toReversed()
    .map((row) => {
      if (row.fact.kind === 'reopening') latest = Math.min(latest, row.at);
      return { ...row, at: Math.min(row.at, latest) };
    })
    .reverse();
}

/** Appends what comes after `entry` to `rows`. Returns whether `limit` cut it. */
async function readRows(store: Store, tenant: string, entry: number, limit: number, rows: LedgerRow[]): Promise<boolean> {
  for (;;) {
    const page = await store.ledger(tenant, rows.at(-1)?.entry ?? entry, PAGE);
    const room = limit - rows.length;
    rows.push(...page.slice(0, room));
    if (page.length > room) return true;
    if (page.length < PAGE) return false;
  }
}
