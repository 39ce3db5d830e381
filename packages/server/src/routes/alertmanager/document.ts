import { type AlertRoute, type AuditedField, LIMITS, type Revisioned } from '@openkupe/contract';
import { mask } from '../../alertmanager/mask.ts';
import { CONFIGURATION, type Shape } from '../../alertmanager/shapes.ts';
import { type Document, documentContext, unsealDocument } from '../../alertmanager/stored-document.ts';
import { movedFields } from '../../audit/moved-fields.ts';
import { seal } from '../../crypto/seal.ts';
import { conflict, invalidRequest, notFound } from '../../errors/refusal.ts';
import type { Call, Decision, PreconditionTarget } from '../../pipeline/handler.ts';
import { hasMoreValues } from '../../pipeline/validate.ts';
import type { AlertmanagerSpec, Resource } from '../../store/resource.ts';
import type { Store } from '../../store/store.ts';
import { newUid, observeIf, updateIf } from '../../store/writes.ts';
import type { HandlerDependencies } from '../define-handler.ts';
import { loadTenant } from '../load.ts';

/** The stored configuration of a tenant, sealed; none before its first change. */
export type Row = Resource<'alertmanager'> | undefined;
type ChangedAt = AlertmanagerSpec['changedAt'];

const NEVER: ChangedAt = { global: 0, routes: 0, receivers: {} };
/** At which change each section changed last, for `If-Match`: a tag from then on is good for that section. */
export const changedAtOf = (row: Row): ChangedAt => row?.spec.changedAt ?? NEVER;
/** Reads the configuration of a tenant, still sealed. */
export const loadRow = (store: Pick<Store, 'get'>, tenant = ''): Promise<Row> => store.get({ kind: 'alertmanager', tenant, name: tenant });

/** The shared tag: how many changes there were, of whichever section. */
export const tagOf = (row: Row): Revisioned => ({ resourceVersion: String(row?.generation ?? 0), observation: 0 });

/** What `If-Match` is compared with on a write of the section that last changed at `unchangedSince`. */
export function preconditionOf(tenant: string, row: Row, unchangedSince: number): PreconditionTarget {
  return { kind: 'alertmanager', name: tenant, unchangedSince, ...tagOf(row) };
}

/** When the receiver last changed, or 404: with `If-Match` too, a receiver that is not there is not found. */
export function receiverChangedAt(row: Row, tenant: string, name: string): number {
  const { receivers } = changedAtOf(row);
  if (!Object.hasOwn(receivers, name)) throw notFound('Receiver', name, tenant);
  return receivers[name] ?? 0;
}

/** Decrypts what is stored; the empty document when nothing is. */
export function openDocument(row: Row, deps: HandlerDependencies): Document {
  if (!row) return { global: {}, receivers: [], routes: [] };
  return unsealDocument(row.spec.sealed, row.tenant, deps.answerKey);
}

/** What this caller may see of a part of the document, which has this shape. */
export function shownTo<Part>(call: Call, deps: HandlerDependencies, part: Part, shape: Shape): Part {
  return call.principal.role === 'readonly' || deps.masksForEveryone ? (mask(part, shape) as Part) : part;
}

/** The tenant and what it configured, for a write. */
export async function loadForWrite(call: Call, store: Pick<Store, 'get'>): Promise<{ tenant: Resource<'tenant'>; row: Row }> {
  const tenant = loadTenant(call);
  return { tenant, row: await loadRow(store, tenant.name) };
}

/** One change of the document: the parts that differ, and the counters of the sections that it moves. */
export interface DocumentChange {
  readonly tenant: Resource<'tenant'>;
  readonly row: Row;
  readonly next: Document;
  /** The counters after the change, from the number of this change. */
  readonly moved: (change: number) => Partial<ChangedAt>;
  readonly target: string;
  readonly message: string;
  readonly body?: unknown;
}

/** Levels below the document that have fields of their own in the audit: `#/receivers/team`, `#/global/smtp_from`. */
const AUDITED_DEPTH = 2;

/** The fields that differ, as every caller may see them; of those that differ in what is masked alone, no values. */
function movedSettings(before: Document, after: Document): AuditedField[] {
  const shown = movedFields(mask(before, CONFIGURATION) as object, mask(after, CONFIGURATION) as object, AUDITED_DEPTH);
  return movedFields(before, after, AUDITED_DEPTH).map(
    ({ pointer }) => shown.find((field) => field.pointer === pointer) ?? { pointer, withheld: 'secret' },
  );
}

/** The decision that writes a changed document, whole and sealed. 400 when it is too large. */
export function changeDocument({ tenant, row, next, moved, target, message, body }: DocumentChange, deps: HandlerDependencies): Decision {
  if (tenant.deletedAt !== undefined) throw conflict(`Tenant "${tenant.name}" is being deleted and cannot be changed`, 'terminating');
  const text = JSON.stringify(next);
  const bytes = Buffer.byteLength(text);
  if (bytes > LIMITS.alertmanagerBytes) {
    throw invalidRequest(`The Alertmanager configuration would have ${bytes} bytes; at most ${LIMITS.alertmanagerBytes} are possible`);
  }
  if (hasMoreValues(next, LIMITS.alertmanagerValues)) {
    throw invalidRequest(`The Alertmanager configuration would have more than ${LIMITS.alertmanagerValues} values; send fewer`);
  }
  const key = { kind: 'alertmanager', tenant: tenant.name, name: tenant.name } as const;
  const number = (row?.generation ?? 0) + 1;
  const spec: AlertmanagerSpec = {
    sealed: seal(text, documentContext(tenant.name), deps.answerKey, deps.random),
    changedAt: { ...changedAtOf(row), ...moved(number) },
  };
  return {
    target: `alertmanager/${target}`,
    fields: movedSettings(openDocument(row, deps), next),
    writes: [row ? updateIf(row, spec) : { verb: 'create', key, uid: newUid(deps.random), spec, observed: {} }, observeIf(tenant)],
    events: [{ key, type: row ? 'changed' : 'created', message }],
    ...(deps.deliversAlerts && { wake: [key] }),
    answer: { ...(body === undefined ? {} : { body }), tagged: { resourceVersion: String(number), observation: 0 } },
  };
}

/** The route at the index that the path names, or 404. */
export function routeAt(call: Call, routes: readonly AlertRoute[]): AlertRoute {
  const { index = '', tenant } = call.params;
  const route = routes[Number(index)];
  if (!route) throw notFound('Route', index, tenant);
  return route;
}
