import type { BilledFor, LedgerRow } from '../../packages/server/src/store/ledger.ts';
import type { ClusterObserved, ClusterSpec } from '../../packages/server/src/store/resource.ts';
import type { Change } from '../../packages/server/src/store/store.ts';
import type { Stored, Validator } from '../world/observers.ts';
import type { StoreHost } from '../world/store-host.ts';
import { writesOf } from './cluster-model.ts';
import { isWritten } from './fences.ts';

interface Billed {
  readonly uid: string;
  cpu: string | undefined;
  isReady: boolean;
  isDeleting: boolean;
}

/** Core-seconds, exactly: cores times 1,000, times seconds. */
const millicoreSeconds = (cpu: string, fromMs: number, toMs: number) => Math.round(Number(cpu) * 1000) * Math.round((toMs - fromMs) / 1000);

/** What each cluster costs up to `untilMs`, from the ledger alone. */
function owed(rows: readonly LedgerRow[], untilMs: number): Map<string, number> {
  const sums = new Map<string, number>();
  const running = new Map<string, { readonly billed: BilledFor; readonly sinceMs: number }>();
  const end = (uid: string, atMs: number) => {
    const one = running.get(uid);
    if (one) sums.set(uid, (sums.get(uid) ?? 0) + millicoreSeconds(one.billed.cpu, one.sinceMs, Math.min(atMs, untilMs)));
    running.delete(uid);
  };
  for (const { at, fact } of rows) {
    if (fact.kind !== 'cluster' || at > untilMs) continue;
    end(fact.uid, at);
    if (fact.billed) running.set(fact.uid, { billed: fact.billed, sinceMs: at });
  }
  for (const uid of [...running.keys()]) end(uid, untilMs);
  return sums;
}

/** The rows of a tenant's ledger, each entry once, none earlier than the one before it. */
async function readLedger(host: StoreHost, tenant: string): Promise<readonly LedgerRow[]> {
  const rows = await host.store.ledger(tenant, 0, 100_000);
  for (const [index, { entry, at }] of rows.entries()) {
    if (entry !== index + 1) throw new Error(`entry ${index + 1} of the ledger of ${tenant} is ${entry}`);
    if (at < (rows[index - 1]?.at ?? 0)) throw new Error(`the ledger of ${tenant} goes back in time at entry ${entry}`);
  }
  return rows;
}

/** Invoices of a tenant bill for every cluster what the ledger says it owes, neither twice nor less. */
async function checkInvoices(host: StoreHost, tenant: string): Promise<void> {
  const rows = await readLedger(host, tenant);
  const closings = rows.flatMap(({ fact }) => (fact.kind === 'closing' ? [fact] : []));
  const invoices = await host.store.list('invoice', tenant);
  if (closings.length !== invoices.length)
    throw new Error(`${tenant} has ${invoices.length} invoices for ${closings.length} closed months`);
  const billed = new Map<string, number>();
  for (const { kind, clusterUid, segments } of invoices.flatMap(({ spec }) => spec.lines)) {
    if (kind !== 'cpu' || clusterUid === undefined) continue;
    const sum = segments.reduce((total, { from, to, amount }) => total + millicoreSeconds(amount, Date.parse(from), Date.parse(to)), 0);
    billed.set(clusterUid, (billed.get(clusterUid) ?? 0) + sum);
  }
  for (const [uid, sum] of owed(rows, closings.at(-1)?.until ?? 0))
    if ((billed.get(uid) ?? 0) !== sum)
      throw new Error(`${tenant} owes ${sum} millicore-seconds for ${uid}, and was billed ${billed.get(uid)}`);
}

/** Whenever what a cluster costs changes, the ledger says so in the same commit; and invoices bill what the ledger says. */
export function createLedger(host: StoreHost, tenants: readonly string[]): Validator {
  const rows = new Map<string, Billed>();
  const last = new Map<string, BilledFor | null>();

  function follow(fact: Stored): Billed[] {
    return writesOf(fact).flatMap((write) => {
      if (write.key.kind !== 'cluster') return [];
      const key = `${write.key.tenant}/${write.key.name}`;
      if (write.verb === 'create') rows.set(key, { uid: write.uid, cpu: undefined, isReady: false, isDeleting: false });
      const row = rows.get(key);
      if (!row) return [];
      if (write.verb === 'create' || write.verb === 'update-if') row.cpu = (write.spec as ClusterSpec).resources.cpu;
      if (write.verb === 'observe-if') row.isReady = (write.observed as ClusterObserved).readyAt !== undefined;
      if (write.verb === 'mark-deleted-if') row.isDeleting = true;
      return [row];
    });
  }
  function check({ uid, cpu, isReady, isDeleting }: Billed): void {
    const expected = isReady && !isDeleting ? coresOf(cpu) : undefined;
    const entry = last.get(uid);
    const shown = entry ? Number(entry.cpu) : undefined;
    if (expected !== shown) throw new Error(`${uid} costs ${expected ?? 'nothing'}, and the ledger says ${shown ?? 'nothing'}`);
  }
  return {
    name: 'ledger-adds-up',
    stored(fact) {
      if (!isWritten(fact)) return;
      for (const { fact: entry } of (fact.args[0] as Change).ledger ?? []) if (entry.kind === 'cluster') last.set(entry.uid, entry.billed);
      for (const row of follow(fact)) check(row);
    },
    async settled() {
      for (const tenant of tenants) await checkInvoices(host, tenant);
    },
  };
}

const coresOf = (cpu: string | undefined) => (cpu === undefined ? 0 : cpu.endsWith('m') ? Number.parseInt(cpu, 10) / 1000 : Number(cpu));
