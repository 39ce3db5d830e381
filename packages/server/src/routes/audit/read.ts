import { auditLines, readAuditPage } from '../../audit/read-audit.ts';
import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';

/** Who changed what in the tenant. What an earlier tenant of the same name did is not shown. */
export const readAudit = defineHandler('audit.read', {
  async load(call, deps) {
    const tenant = loadTenant(call);
    const of = { name: tenant.name, tenant };
    if (call.query.format === 'jsonl') return { lines: auditLines(of, call.query, deps) };
    return { page: await readAuditPage(of, call.query, deps) };
  },
  decide: (_call, { page, lines }) => ({ answer: lines ? { lines } : { body: page } }),
});
