import { command } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { TENANT_VIEW } from '../../output/views.ts';

/** `GET /tenants/{tenant}`. */
export const tenantGet = command({
  path: 'tenant get',
  summary: 'Show the tenant: its plan, and how much of it is used.',
  examples: [{ run: 'openkupe tenant get', why: 'also a quick check that address and key are right' }],
  args: {},
  flags: {},
  formats: FORMATS,
  isRemote: true,
  async run(_, context) {
    const client = await context.client();
    const { value } = await client.tenant.get({ signal: context.signal });
    return object(value, TENANT_VIEW);
  },
});
