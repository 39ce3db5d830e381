import type { TenantPatch } from '@openkupe/contract/resources/tenant';
import { choice, command, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { TENANT_VIEW } from '../../output/views.ts';
import { IF_MATCH_FLAG, onlyIf, valid } from '../done.ts';
import { VALIDATE_FLAG } from '../validate-flag.ts';

const LIMIT_KINDS = ['hard', 'billed'] as const;
const isHard = (kind: (typeof LIMIT_KINDS)[number] | undefined) => (kind === undefined ? undefined : kind === 'hard');

/** `PATCH /tenants/{tenant}` with `If-Match`. */
export const tenantUpdate = command({
  path: 'tenant update',
  summary: 'Change the plan of the tenant, or what happens beyond its limits.',
  details: 'It reads the tenant and sends only what differs, and only if it was not changed meanwhile; if it was, it starts again.',
  examples: [
    { run: 'openkupe tenant update --plan pro', why: 'another plan; the bill counts both by the day' },
    { run: 'openkupe tenant update --log-limit hard', why: 'no charge beyond the plan, and no logs either' },
  ],
  args: {},
  flags: {
    plan: text('name', 'The plan; `plan list` shows them.'),
    metricsLimit: choice('kind', 'hard refuses what is beyond the plan, billed charges for it.', LIMIT_KINDS),
    logLimit: choice('kind', 'The same for logs.', LIMIT_KINDS),
    ...IF_MATCH_FLAG,
    ...VALIDATE_FLAG,
  },
  formats: FORMATS,
  isRemote: true,
  next: ({ status }) => (status === 404 || status === 400 ? { run: 'openkupe plan list', why: 'shows the plans there are' } : undefined),
  async run({ flags: { plan, metricsLimit, logLimit, ifMatch, validateOnly } }, context) {
    const [enforceMetricsLimit, enforceLogLimit] = [isHard(metricsLimit), isHard(logLimit)];
    const patch: TenantPatch = {
      ...(plan !== undefined && { plan }),
      ...(enforceMetricsLimit !== undefined && { enforceMetricsLimit }),
      ...(enforceLogLimit !== undefined && { enforceLogLimit }),
    };
    if (Object.keys(patch).length === 0) throw misuse('There is nothing to change; give --plan, --metrics-limit or --log-limit.');
    const { tenant } = await context.client();
    const options = { signal: context.signal, ...onlyIf(ifMatch) };
    if (validateOnly) {
      await tenant.patch(patch, { ...options, validateOnly });
      return valid(context);
    }
    const { value } = await (ifMatch === undefined ? tenant.update(() => patch, options) : tenant.patch(patch, options));
    return object(value, TENANT_VIEW);
  },
});
