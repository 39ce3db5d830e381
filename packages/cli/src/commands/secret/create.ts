import type { SecretCreate } from '@openkupe/contract/resources/secret';
import { command, required, text } from '../../command.ts';
import { beginCreate, IDEMPOTENCY_FLAG } from '../../idempotency/creation.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { SECRET_VIEW } from '../../output/secret-view.ts';
import { valid } from '../done.ts';
import { VALIDATE_FLAG } from '../validate-flag.ts';
import { nextForSecret, SYNC_FLAG } from './sync-flag.ts';

/** `POST /tenants/{tenant}/secrets`, under an idempotency key. */
export const secretCreate = command({
  path: 'secret create',
  summary: 'Define a secret: where its values are, and which clusters get them.',
  details: 'No command takes the values: they are in the secrets backend, at that path. They are brought to the clusters after the answer.',
  examples: [
    { run: 'openkupe secret create database --path services/database --sync production/default', why: 'as Secret "database" there' },
    { run: 'openkupe secret create database --path services/database --validate-only', why: 'whether it would be accepted' },
  ],
  args: { name: { summary: 'The name of the secret.' } },
  flags: {
    path: required(text('path', 'Where its values are in the secrets backend.')),
    ...SYNC_FLAG,
    ...VALIDATE_FLAG,
    ...IDEMPOTENCY_FLAG,
  },
  formats: FORMATS,
  isRemote: true,
  next: nextForSecret,
  async run({ args: { name }, flags: { path, sync, validateOnly, idempotencyKey } }, context) {
    const body: SecretCreate = { name, secretPath: path, ...(sync && { sync }) };
    const { secrets } = await context.client();
    if (validateOnly) {
      await secrets.create(body, { signal: context.signal, validateOnly });
      return valid(context);
    }
    const creation = await beginCreate<SecretCreate>(context, { intent: ['secret create', body], body, idempotencyKey });
    try {
      const { value } = await secrets.create(body, { signal: context.signal, idempotencyKey: creation.idempotencyKey });
      await creation.end();
      return object(value, SECRET_VIEW);
    } catch (error) {
      throw await creation.failed(error);
    }
  },
});
