import { AuditPage, AuditRecord } from '../resources/audit.ts';
import { oneWordOf, PAGE_QUERY, type QueryParameters } from './query.ts';
import type { Route } from './route.ts';

const MOMENT = {
  pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,3})?Z$',
  rule: 'be a moment in UTC such as 2026-04-06T12:00:00Z',
};
const text = (description: string) => ({ description, pattern: '^[!-~]{1,300}$', rule: 'be printable text without spaces' });

/** The parameters that choose rows of the audit. */
export const AUDIT_QUERY = {
  ...PAGE_QUERY,
  actor: text('Only changes by this actor.'),
  action: text('Only this operation, such as clusters.update; clusters. stands for all of clusters.'),
  target: text('Only changes of this, such as clusters/production.'),
  since: { ...MOMENT, description: 'Only changes at or after this moment.' },
  until: { ...MOMENT, description: 'Only changes before this moment.' },
  format: oneWordOf(['json', 'jsonl'], 'With jsonl every row that is left comes, as JSON, one a line; limit has no meaning then.'),
} as const satisfies QueryParameters;

/** The route of who changed what. */
export const AUDIT_ROUTES = [
  {
    id: 'audit.read',
    method: 'GET',
    path: '/api/v1/tenants/{tenant}/audit',
    summary:
      'Read who changed what in the tenant, when, from where, and which fields moved, newest first: 100 rows, or as many as limit says. ' +
      'A page reads at most 1,000 rows to find those that its filters ask for.',
    access: 'admin',
    query: AUDIT_QUERY,
    success: { status: 200, body: AuditPage, etag: false, lines: AuditRecord },
    refusals: [],
  },
] as const satisfies readonly Route[];
