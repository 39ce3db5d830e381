import type { AuditRecord } from '@openkupe/contract/resources/audit';
import { command, parsed } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { operate, SOCKET_FLAGS } from '../../operator/operator-call.ts';
import { AUDIT_VIEW } from '../../output/audit-view.ts';
import { FORMATS } from '../../output/format.ts';
import { list } from '../../output/result.ts';
import { AUDIT_FLAGS, filterOf } from '../audit/filter-flags.ts';

/** `GET audit` of a tenant or of the installation, on the operator socket. */
export const operatorAudit = command({
  path: 'operator audit',
  summary: 'List who changed what, newest first: in a tenant, or in what concerns all of them.',
  examples: [
    { run: 'openkupe operator audit acme --limit 20', why: 'also after the tenant is gone' },
    { run: 'openkupe operator audit', why: 'plans, versions, provisioning and limits' },
  ],
  args: { tenant: { summary: 'The tenant; without it, the installation.', isOptional: true } },
  flags: {
    limit: parsed('n', 'At most this many rows, 100 if not given, 1000 at most.', (text) => {
      if (!/^\d{1,4}$/.test(text)) throw misuse(`--limit is "${text}"; write a number from 1 to 1000.`);
      return Number(text);
    }),
    ...AUDIT_FLAGS,
    ...SOCKET_FLAGS,
  },
  formats: FORMATS,
  isRemote: false,
  async run({ args, flags }, context) {
    const path = args.tenant === undefined ? ['audit'] : ['tenants', args.tenant, 'audit'];
    const filter = Object.entries(filterOf(flags)).filter(([, value]) => value !== undefined);
    const query = String(new URLSearchParams([...(filter as [string, string][]), ['limit', String(flags.limit ?? 100)]]));
    const asked = { method: 'GET', path, query } as const;
    const { items } = await operate<{ items: AuditRecord[] }>(flags, context, asked);
    return list(items, AUDIT_VIEW);
  },
});
