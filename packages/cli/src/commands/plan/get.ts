import { command } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { PLAN_VIEW } from '../../output/views.ts';

/** `GET /plans/{name}`; needs no credential. */
export const planGet = command({
  path: 'plan get',
  summary: 'Show a plan. Needs no key.',
  examples: [{ run: 'openkupe plan get pro -o wide', why: 'with the observability pool' }],
  args: { name: { summary: 'The name of the plan.', names: 'plan' } },
  flags: {},
  formats: FORMATS,
  isRemote: true,
  next: ({ status }) => (status === 404 ? { run: 'openkupe plan list', why: 'shows the plans there are' } : undefined),
  async run({ args }, context) {
    const client = await context.publicClient();
    const { value } = await client.plans.get(args.name, { signal: context.signal });
    return object(value, PLAN_VIEW);
  },
});
