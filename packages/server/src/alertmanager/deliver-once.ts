import type { Clock } from '@openkupe/contract';
import type { Log } from '../log/log.ts';
import type { Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';
import { keyOf, observeIf } from '../store/writes.ts';
import type { AlertmanagerCounters } from './alertmanager-counters.ts';
import type { AlertmanagerTarget, DeliveryResult, TenantDocument } from './alertmanager-target.ts';
import { documentOf, isPending, nextStatus, pendingSince } from './next-status.ts';

type Row = Resource<'alertmanager'>;

/** What {@link deliverOnce} needs. */
export interface DeliverOncePorts {
  readonly store: Pick<Store, 'keys' | 'get' | 'commit'>;
  readonly target: AlertmanagerTarget;
  /** What documents are sealed with. */
  readonly answerKey: Uint8Array;
  readonly clock: Clock;
  readonly counters: AlertmanagerCounters;
  readonly log: Log;
}

/** Rows that are read or written at the same time. */
const CONCURRENT = 32;

async function inBatches<T, Result>(items: readonly T[], run: (item: T) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += CONCURRENT)
    results.push(...(await Promise.all(items.slice(from, from + CONCURRENT).map(run))));
  return results;
}

/** A row that cannot be read is left out, and affects no other tenant. */
async function load(
  { store, answerKey, clock, log }: DeliverOncePorts,
  { tenant, name }: Pick<Row, 'tenant' | 'name'>,
): Promise<{ row: Row; document: TenantDocument } | undefined> {
  try {
    const row = await store.get({ kind: 'alertmanager', tenant, name });
    return row && { row, document: documentOf(row, answerKey, clock.now()) };
  } catch (error) {
    log.error({ tenant, err: error }, 'an Alertmanager configuration cannot be read, and is not delivered');
    return undefined;
  }
}

async function record({ store, clock }: DeliverOncePorts, row: Row, result: DeliveryResult): Promise<Row> {
  const observed = nextStatus(row, result, clock.now());
  if (observed === row.observed) return row;
  const { rejected } = observed;
  const message = rejected
    ? `The Alertmanager configuration was rejected: ${rejected.message}`
    : `The Alertmanager configuration of revision ${row.generation} is in force`;
  const isNews = result.outcome === 'taken' && (!rejected || rejected.message !== row.observed.rejected?.message);
  const events = isNews ? [{ key: keyOf(row), type: 'observed' as const, message }] : [];
  // NOTE: a status that another writer has moved meanwhile is recorded after the next delivery.
  await store.commit({ at: clock.now(), writes: [observeIf(row, observed)], events });
  return { ...row, observed };
}

/** Delivers the documents of all tenants, and records what became of each; whether they could be delivered. Gives up when the signal aborts. */
export async function deliverOnce(ports: DeliverOncePorts, signal: AbortSignal): Promise<boolean> {
  const { store, target, clock, counters, log } = ports;
  const loaded = (await inBatches(await store.keys('alertmanager'), (key) => load(ports, key))).filter((one) => one !== undefined);
  if (signal.aborted) return true;
  const result = await target.deliver(
    loaded.map(({ document }) => document),
    signal,
  );
  if (signal.aborted && result.outcome === 'unavailable') return true;
  counters.countAttempt(result.outcome);
  const rows = await inBatches(loaded, ({ row }) => record(ports, row, result));
  const pending = rows.filter(isPending);
  const since = pending.map((row) => pendingSince(row, clock.now()));
  counters.note({
    pending: pending.length,
    rejected: rows.filter(({ generation, observed }) => observed.rejected?.generation === generation).length,
    oldestAt: since.length > 0 ? since.reduce((one, other) => Math.min(one, other)) : undefined,
  });
  if (result.outcome === 'unavailable')
    log.warn({ detail: result.detail, pending: pending.length }, 'Alertmanager configurations could not be delivered; trying again');
  return result.outcome === 'taken';
}
