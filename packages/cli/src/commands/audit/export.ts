import { command } from '../../command.ts';
import { AUDIT_FLAGS, filterOf } from './filter-flags.ts';

const PAGE_ROWS = 500;

/** `GET /tenants/{tenant}/audit`, to the end. */
export const auditExport = command({
  path: 'audit export',
  summary: 'Write every row of the audit as JSON, one a line, newest first. For admins.',
  details: 'It is read page by page; a row is written once, also while rows come.',
  examples: [
    { run: 'openkupe audit export > audit.jsonl', why: 'all that the server keeps' },
    { run: 'openkupe audit export --since 2026-04-01 --until 2026-05-01', why: 'a month' },
  ],
  args: {},
  flags: AUDIT_FLAGS,
  formats: [],
  isRemote: true,
  hasScript: false,
  async run({ flags }, { client, io, signal }) {
    const { audit } = await client();
    for await (const { value } of audit.pages({ ...filterOf(flags), limit: PAGE_ROWS, signal })) {
      io.stdout.write(value.map((row) => `${JSON.stringify(row)}\n`).join(''));
      if (await io.stdout.flush()) break;
    }
    return { kind: 'nothing' };
  },
});
