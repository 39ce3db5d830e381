import { AUDIT_QUERY, LIMITS } from '@openkupe/contract';
import { type AuditQuery, readAuditPage } from '../audit/read-audit.ts';
import { invalidRequest } from '../errors/refusal.ts';
import { PLATFORM_AUDIT } from './change.ts';
import type { OperatorCall, OperatorRoute } from './operator-route.ts';

const { format: _, ...QUERY } = AUDIT_QUERY;

/** The parameters of a request, each as the API has it, but for a limit that may be larger. */
function queryOf({ query }: OperatorCall): AuditQuery {
  const limit = query.get('limit') ?? String(LIMITS.auditRows);
  if (!/^\d{1,6}$/.test(limit) || Number(limit) < 1 || Number(limit) > LIMITS.pageReads)
    throw invalidRequest(`limit must be a whole number from 1 to ${LIMITS.pageReads}, not ${JSON.stringify(limit.slice(0, 20))}`);
  for (const [name, { pattern, rule }] of Object.entries(QUERY)) {
    const value = query.get(name);
    if (name !== 'limit' && value !== null && !new RegExp(pattern).test(value)) throw invalidRequest(`${name} must ${rule}`);
  }
  return { ...Object.fromEntries(query), limit };
}

/** Who changed what, newest first. A tenant that is gone still has its rows, and those of every tenant that had the name are shown. */
export const OPERATOR_AUDIT_ROUTES: readonly OperatorRoute[] = [
  {
    id: 'operator.audit.platform',
    method: 'GET',
    path: '/audit',
    query: Object.keys(QUERY),
    status: 200,
    run: (call, deps) => readAuditPage({ name: PLATFORM_AUDIT }, queryOf(call), deps),
  },
  {
    id: 'operator.audit.tenant',
    method: 'GET',
    path: '/tenants/{tenant}/audit',
    query: Object.keys(QUERY),
    status: 200,
    run: (call, deps) => readAuditPage({ name: call.params.tenant ?? '' }, queryOf(call), deps),
  },
];
