import { command } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { list } from '../../output/result.ts';
import { PLAN_VIEW } from '../../output/views.ts';

/** `GET /plans`; needs no credential. */
export const planList = command({
  path: 'plan list',
  summary: 'List the plans. Needs no key.',
  examples: [{ run: 'openkupe plan list', why: 'fees and pools' }],
  args: {},
  flags: {},
  formats: FORMATS,
  isRemote: true,
  isList: true,
  async run(_, context) {
    const client = await context.publicClient();
    const { value } = await client.plans.list({ signal: context.signal });
    return list(value, PLAN_VIEW);
  },
});
