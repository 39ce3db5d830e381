import type { AlertmanagerObserved, Resource } from '../store/resource.ts';
import type { DeliveryResult, TenantDocument } from './alertmanager-target.ts';
import { unsealDocument } from './stored-document.ts';

type Row = Resource<'alertmanager'>;

/** What was refused is offered again after this, in milliseconds: Alertmanager may have refused it for want of something of its own. */
const RETRY_MS = 3_600_000;

/** Whether the stored document is neither in force nor known to be refused. */
export const isPending = ({ generation, observed: { delivered, rejected } }: Row): boolean =>
  delivered?.generation !== generation && rejected?.generation !== generation;

/** Since when a document waits, epoch milliseconds: from before a restart, too, where its delivery has failed by then. */
export const pendingSince = ({ observed: { waiting } }: Row, nowMs: number): number => waiting?.since ?? nowMs;

/** What is to be delivered for a row. @throws {BrokenDataError} where it cannot be read. */
export function documentOf({ tenant, generation, spec, observed }: Row, key: Uint8Array, nowMs: number): TenantDocument {
  const { delivered, rejected } = observed;
  const wanted = unsealDocument(spec.sealed, tenant, key);
  const isRefused = rejected?.generation === generation && nowMs - rejected.at < RETRY_MS;
  return {
    tenant,
    wanted,
    taken: delivered && (delivered.generation === generation ? wanted : unsealDocument(delivered.sealed, tenant, key)),
    refused: isRefused ? rejected : undefined,
  };
}

/** The status of a row after its delivery; the same object where nothing changed. */
export function nextStatus({ tenant, generation, spec, observed }: Row, result: DeliveryResult, nowMs: number): AlertmanagerObserved {
  const { delivered, rejected, waiting } = observed;
  if (result.outcome === 'unavailable') {
    const isSettled = delivered?.generation === generation || rejected?.generation === generation;
    if (isSettled || (waiting?.generation === generation && waiting.message === result.message)) return observed;
    return { ...observed, waiting: { generation, since: waiting?.since ?? nowMs, message: result.message } };
  }
  const refusal = result.refusals.get(tenant);
  if (!refusal) {
    if (delivered?.generation === generation && !rejected && !waiting) return observed;
    if (delivered?.generation === generation) return { delivered };
    return { delivered: { generation, at: nowMs, sealed: spec.sealed } };
  }
  const former = delivered && refusal.isFormerKept && delivered.generation !== generation ? { delivered } : {};
  const isKnown =
    rejected?.generation === generation &&
    rejected.message === refusal.message &&
    rejected.by === result.version &&
    nowMs - rejected.at < RETRY_MS &&
    !waiting &&
    'delivered' in former === (delivered !== undefined);
  return isKnown ? observed : { ...former, rejected: { generation, at: nowMs, message: refusal.message, by: result.version } };
}
