import { formatTime, type OperatorAuditRow } from '@openkupe/contract';
import { invalidRequest } from '../errors/refusal.ts';
import type { AuditRow } from '../store/store.ts';
import { PLATFORM_AUDIT } from './change.ts';
import type { OperatorCall, OperatorRoute } from './operator-route.ts';

const SHOWN = 100;
const MOST_SHOWN = 1_000;

function limitOf({ query }: OperatorCall): number {
  const text = query.get('limit') ?? String(SHOWN);
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MOST_SHOWN)
    throw invalidRequest(`limit must be a whole number from 1 to ${MOST_SHOWN}, not ${JSON.stringify(text.slice(0, 20))}`);
  return limit;
}

function render({ at, actor, action, target, requestId }: AuditRow): OperatorAuditRow {
  return { at: formatTime(at), actor, action, target, requestId };
}

/** Who changed what, newest first. A tenant that is gone still has its rows. */
export const OPERATOR_AUDIT_ROUTES: readonly OperatorRoute[] = [
  {
    id: 'operator.audit.platform',
    method: 'GET',
    path: '/audit',
    query: ['limit'],
    status: 200,
    run: async (call, { store }) => ({ items: (await store.audit(PLATFORM_AUDIT, limitOf(call))).map(render) }),
  },
  {
    id: 'operator.audit.tenant',
    method: 'GET',
    path: '/tenants/{tenant}/audit',
    query: ['limit'],
    status: 200,
    run: async (call, { store }) => ({ items: (await store.audit(call.params.tenant ?? '', limitOf(call))).map(render) }),
  },
];
