import type { AuditRecord } from '@openkupe/contract/resources/audit';
import { command } from '../../command.ts';
import { AUDIT_VIEW } from '../../output/audit-view.ts';
import { FORMATS } from '../../output/format.ts';
import { list } from '../../output/result.ts';
import { LIMIT_FLAG } from '../read-items.ts';
import { AUDIT_FLAGS, filterOf } from './filter-flags.ts';

/** Rows that are shown without `--limit`. */
const SHOWN = 100;
const PAGE_ROWS = 500;

/** `GET /tenants/{tenant}/audit`. */
export const auditList = command({
  path: 'audit list',
  summary: 'List who changed what in the tenant, newest first. For admins.',
  examples: [
    { run: 'openkupe audit list --target clusters/production -o wide', why: 'from where, and what each field was before' },
    { run: 'openkupe audit list --actor owner@acme.example --since 2026-04-01', why: 'what one person has done' },
  ],
  args: {},
  flags: { ...AUDIT_FLAGS, limit: { ...LIMIT_FLAG.limit, summary: `Show at most this many, the newest ones; ${SHOWN} without it.` } },
  formats: FORMATS,
  isRemote: true,
  isList: true,
  async run({ flags: { limit = SHOWN, ...flags } }, context) {
    const client = await context.client();
    const rows: AuditRecord[] = [];
    for await (const { value } of client.audit.pages({ ...filterOf(flags), limit: Math.min(limit, PAGE_ROWS), signal: context.signal })) {
      rows.push(...value);
      if (rows.length >= limit) break;
    }
    return list(rows.slice(0, limit), AUDIT_VIEW);
  },
});
