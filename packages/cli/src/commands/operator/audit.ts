import type { AuditRecord } from '@openkupe/contract/resources/audit';
import { command, parsed } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { operate, SOCKET_FLAGS } from '../../operator/operator-call.ts';
import { AUDIT_VIEW } from '../../operator/operator-views.ts';
import { FORMATS } from '../../output/format.ts';
import { list } from '../../output/result.ts';

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
    ...SOCKET_FLAGS,
  },
  formats: FORMATS,
  isRemote: false,
  async run({ args, flags }, context) {
    const path = args.tenant === undefined ? ['audit'] : ['tenants', args.tenant, 'audit'];
    const asked = { method: 'GET', path, query: `limit=${flags.limit ?? 100}` } as const;
    const { items } = await operate<{ items: AuditRecord[] }>(flags, context, asked);
    return list(items, AUDIT_VIEW);
  },
});
