import { command, on } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { confirmDeletion } from '../confirm-deletion.ts';
import { deleted, valid } from '../done.ts';
import { VALIDATE_FLAG } from '../validate-flag.ts';

/** `DELETE /tenants/{tenant}` after a confirmation. */
export const tenantDelete = command({
  path: 'tenant delete',
  summary: 'Delete the tenant with everything in it. For its owner, signed in as a person.',
  details:
    'Without --cascade a tenant that has clusters is not deleted. It terminates after the answer, and its members lose access when it is gone. ' +
    'An API key cannot do it; sign in with `auth login`.',
  examples: [
    { run: 'openkupe tenant delete', why: 'asks for its name' },
    { run: 'openkupe tenant delete --cascade --yes', why: 'with its clusters, in a script' },
  ],
  args: {},
  flags: { cascade: on('Delete its clusters, too.'), yes: on('Do not ask.'), ...VALIDATE_FLAG },
  formats: FORMATS,
  isRemote: true,
  next: ({ status }) =>
    status === 403 ? { run: 'openkupe auth login', why: 'signs in as the owner; no API key may delete a tenant' } : undefined,
  async run({ flags: { cascade, yes, validateOnly } }, context) {
    const { tenant: name } = await context.credentials();
    const loses = 'its clusters, keys, secrets and invoices';
    if (!validateOnly) await confirmDeletion(context, { noun: 'tenant', name, loses, command: context.commandLine() }, yes);
    const { tenant } = await context.client();
    await tenant.delete({ confirm: name, ...(cascade && { cascade }) }, { signal: context.signal, validateOnly });
    return validateOnly ? valid(context) : deleted('tenant', name);
  },
});
