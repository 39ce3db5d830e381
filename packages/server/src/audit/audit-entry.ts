import type { AuditedField } from '@openkupe/contract';
import type { Kind, Resource } from '../store/resource.ts';
import type { AuditEntry, Write, WriteOf } from '../store/store.ts';
import { auditedFields } from './audited-fields.ts';
import { boundedFields } from './moved-fields.ts';

/** The address of what is done on the machine of the server: on the operator's socket, and at its start. */
export const LOCAL = 'local';

/** What the audit is to say of a change, beside what the change itself says. */
export interface AuditedChange {
  readonly target: string;
  readonly writes: readonly Write[];
  /** What was loaded: among it is what the writes replace. */
  readonly loaded: readonly unknown[];
  /** The fields that moved, where they do not stand in what is written. */
  readonly fields?: readonly AuditedField[] | undefined;
}

/** The write that the change is about: of what the target names, or the first one, and a status only where nothing else is written. */
function mainWrite({ writes, target }: AuditedChange): Write | undefined {
  const desired = writes.filter(({ verb }) => verb !== 'observe-if');
  return desired.find(({ key }) => target.endsWith(`/${key.name}`)) ?? desired[0] ?? writes[0];
}

/** Among what was loaded, the resource that a write replaces. */
function replacedBy({ key: { kind, tenant, name }, verb }: Write, loaded: readonly unknown[]): Resource | undefined {
  if (verb === 'create') return undefined;
  return (loaded as readonly (Partial<Resource> | undefined)[]).find(
    (one): one is Resource => one?.kind === kind && one.tenant === tenant && one.name === name && one.uid !== undefined,
  );
}

/** The row of the audit about a change. */
export function auditEntry(
  who: Pick<AuditEntry, 'tenant' | 'tenantUid' | 'actor' | 'action' | 'address' | 'requestId'>,
  change: AuditedChange,
): AuditEntry {
  const write = mainWrite(change);
  const before = write && replacedBy(write, change.loaded);
  const targetUid = (write && 'uid' in write ? write.uid : before?.uid) ?? '';
  const fields = change.fields ?? (write ? auditedFields(write as WriteOf<Kind>, before) : []);
  return { ...who, target: change.target, targetUid, fields: boundedFields(fields) };
}
