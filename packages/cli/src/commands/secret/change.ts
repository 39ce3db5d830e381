import { command, on } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { SECRET_VIEW } from '../../output/secret-view.ts';
import { deleted, IF_MATCH_FLAG, onlyIf, valid } from '../done.ts';
import { VALIDATE_FLAG } from '../validate-flag.ts';
import { nextForSecret, SYNC_FLAG } from './sync-flag.ts';

/** `PATCH /tenants/{tenant}/secrets/{name}` with `If-Match`. */
export const secretUpdate = command({
  path: 'secret update',
  summary: 'Say anew which clusters get the values of a secret.',
  details: 'The targets replace all that there were. It is read first, and read again if it was changed meanwhile.',
  examples: [
    { run: 'openkupe secret update database --sync production/default,staging/default', why: 'both clusters, and no other' },
    { run: 'openkupe secret update database --no-targets', why: 'takes its values out of every cluster' },
  ],
  args: { name: { summary: 'The name of the secret.', names: 'secret' } },
  flags: { ...SYNC_FLAG, noTargets: on('Bring its values nowhere.'), ...IF_MATCH_FLAG, ...VALIDATE_FLAG },
  formats: FORMATS,
  isRemote: true,
  next: nextForSecret,
  async run({ args: { name }, flags: { sync, noTargets, ifMatch, validateOnly } }, context) {
    if ((sync !== undefined) === noTargets) throw misuse('Give either --sync or --no-targets.');
    const patch = { sync: sync ?? null };
    const { secrets } = await context.client();
    const options = { signal: context.signal, ...onlyIf(ifMatch) };
    if (validateOnly) {
      await secrets.patch(name, patch, { ...options, validateOnly });
      return valid(context);
    }
    const { value } = await (ifMatch === undefined ? secrets.update(name, () => patch, options) : secrets.patch(name, patch, options));
    return object(value, SECRET_VIEW);
  },
});

/** `DELETE /tenants/{tenant}/secrets/{name}`. */
export const secretDelete = command({
  path: 'secret delete',
  summary: 'Delete a secret, and what clusters have of it. The values in the secrets backend stay.',
  examples: [{ run: 'openkupe secret delete database', why: 'what was brought to clusters is removed' }],
  args: { name: { summary: 'The name of the secret.', names: 'secret' } },
  flags: { ...IF_MATCH_FLAG, ...VALIDATE_FLAG },
  formats: FORMATS,
  isRemote: true,
  next: nextForSecret,
  async run({ args: { name }, flags: { ifMatch, validateOnly } }, context) {
    await (await context.client()).secrets.delete(name, { signal: context.signal, validateOnly, ...onlyIf(ifMatch) });
    return validateOnly ? valid(context) : deleted('secret', name);
  },
});
