import { command } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import { Failure } from '../../failure/failure.ts';
import { usageView } from '../../output/billing-views.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';

/** The `currentUsage` of `GET /tenants/{tenant}`. */
export const usageGet = command({
  path: 'usage get',
  summary: 'Show what the running month has cost so far: the invoice, if it ended now.',
  examples: [{ run: 'openkupe usage get', why: 'before the invoice comes' }],
  args: {},
  flags: {},
  formats: FORMATS,
  isRemote: true,
  async run(_, context) {
    const { name, status } = (await (await context.client()).tenant.get({ signal: context.signal })).value;
    if (status.currentUsage) return object(status.currentUsage, usageView(name));
    throw new Failure('The server has not counted anything for this tenant yet; try again in a minute.', {
      code: 'not-found',
      exit: EXIT.missing,
    });
  },
});
