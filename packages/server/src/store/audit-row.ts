import type { AuditRow } from './store.ts';

/** A row of `audit`, whose fields stand in a text: JSON, or nothing in rows of earlier releases. */
export interface StoredAuditRow extends Omit<AuditRow, 'fields'> {
  readonly fields: string;
}

/** The columns of such a row, with the names of {@link StoredAuditRow}, in the order in which they are read. */
export const AUDIT_COLUMNS =
  'tenant, tenant_uid AS "tenantUid", actor, action, target, target_uid AS "targetUid", address, request_id AS "requestId", fields, revision, at';

/** The audit row in a row. What it says of fields and cannot be read is left out: the rest is worth more than an error. */
export function decodeAudit({ fields, ...row }: StoredAuditRow): AuditRow {
  try {
    return { ...row, fields: fields === '' ? [] : JSON.parse(fields) };
  } catch {
    return { ...row, fields: [] };
  }
}
