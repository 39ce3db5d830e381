import type { SecretPhase } from '@openkupe/contract/resources/secret';
import { choice, command, text } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { list, object } from '../../output/result.ts';
import { SECRET_VIEW } from '../../output/secret-view.ts';
import { filterFlag, filterOf } from '../filter-flag.ts';
import { LIMIT_FLAG, readItems } from '../read-items.ts';
import { nextForSecret } from './sync-flag.ts';

/** `GET /tenants/{tenant}/secrets`. */
export const secretList = command({
  path: 'secret list',
  summary: 'List the secrets of the tenant, by name. Their values are shown nowhere.',
  examples: [
    { run: 'openkupe secret list', why: 'a table' },
    { run: 'openkupe secret list --phase Degraded -o wide', why: 'those that some cluster does not have' },
  ],
  args: {},
  flags: {
    phase: choice('phase', 'Only secrets in this phase.', ['Pending', 'Active', 'Degraded', 'Deleting'] satisfies SecretPhase[]),
    namePrefix: text('text', 'Only secrets whose name begins like this.'),
    ...filterFlag(['phase', 'namePrefix']),
    ...LIMIT_FLAG,
  },
  formats: FORMATS,
  isRemote: true,
  isList: true,
  async run({ flags: { limit, filter: given, phase, namePrefix } }, context) {
    const { secrets } = await context.client();
    const filter = filterOf(given, { phase, namePrefix });
    return list(await readItems(secrets, filter, { limit, signal: context.signal }), SECRET_VIEW);
  },
});

/** `GET /tenants/{tenant}/secrets/{name}`. */
export const secretGet = command({
  path: 'secret get',
  summary: 'Show a secret: where its values are, and which clusters have them.',
  examples: [{ run: 'openkupe secret get database', why: 'and what it waits for' }],
  args: { name: { summary: 'The name of the secret.', names: 'secret' } },
  flags: {},
  formats: FORMATS,
  isRemote: true,
  next: nextForSecret,
  async run({ args: { name } }, context) {
    return object((await (await context.client()).secrets.get(name, { signal: context.signal })).value, SECRET_VIEW);
  },
});
