import type { AuditedField, AuditRecord } from '@openkupe/contract/resources/audit';
import type { View } from './result.ts';

const LONGEST_VALUE = 40;

function shown(value: unknown): string {
  if (value === undefined) return '-';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

function fieldLine({ pointer, before, after, withheld }: AuditedField): string {
  const name = pointer.slice('#/'.length) || 'more';
  return withheld ? `${name}: (${withheld})` : `${name}: ${shown(before)} → ${shown(after)}`;
}

/** One row of the audit. */
export const AUDIT_VIEW: View<AuditRecord> = {
  kind: 'audit',
  nameOf: (row) => row.requestId,
  fields: [
    { title: 'TIME', value: (row) => row.at },
    { title: 'WHO', value: (row) => row.actor },
    { title: 'FROM', value: (row) => row.address, list: 'wide' },
    { title: 'DID', value: (row) => row.action },
    { title: 'TO', value: (row) => row.target },
    // NOTE: servers of earlier releases send no fields.
    { title: 'CHANGED', value: (row) => (row.fields ?? []).map(fieldLine).join(', '), list: 'wide' },
    { title: 'REQUEST', value: (row) => row.requestId, list: 'wide' },
  ],
};
