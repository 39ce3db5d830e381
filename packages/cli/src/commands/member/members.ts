import type { Role } from '@openkupe/contract/permissions';
import { choice, command, required } from '../../command.ts';
import type { FailureDetails, NextStep } from '../../failure/failure.ts';
import { beginCreate, IDEMPOTENCY_FLAG } from '../../idempotency/creation.ts';
import { FORMATS } from '../../output/format.ts';
import { list, object } from '../../output/result.ts';
import { MEMBER_VIEW } from '../../output/secret-view.ts';
import { deleted, valid } from '../done.ts';
import { LIMIT_FLAG, readItems } from '../read-items.ts';
import { VALIDATE_FLAG } from '../validate-flag.ts';

const ROLE_FLAG = {
  role: required(choice('role', 'What the member may do; readonly changes nothing.', ['admin', 'readonly'] satisfies Role[])),
} as const;
const EMAIL = { email: { summary: 'The e-mail address that the member signs in with.' } } as const;
const MEMBER = { email: { ...EMAIL.email, names: 'member' } } as const;

const nextForMember = ({ status, outcome }: FailureDetails): NextStep | undefined =>
  status === 404 || outcome === 'unknown' ? { run: 'openkupe member list', why: 'shows who is a member' } : undefined;

/** `GET /tenants/{tenant}/members`. */
export const memberList = command({
  path: 'member list',
  summary: 'List who may use the tenant, by e-mail address.',
  examples: [{ run: 'openkupe member list', why: 'with their roles' }],
  args: {},
  flags: LIMIT_FLAG,
  formats: FORMATS,
  isRemote: true,
  isList: true,
  async run({ flags: { limit } }, context) {
    return list(await readItems((await context.client()).members, {}, { limit, signal: context.signal }), MEMBER_VIEW);
  },
});

/** `POST /tenants/{tenant}/members`, under an idempotency key. */
export const memberCreate = command({
  path: 'member create',
  summary: 'Give a person access to the tenant.',
  examples: [{ run: 'openkupe member create developer@example.com --role readonly', why: 'may look at everything' }],
  args: EMAIL,
  flags: { ...ROLE_FLAG, ...VALIDATE_FLAG, ...IDEMPOTENCY_FLAG },
  formats: FORMATS,
  isRemote: true,
  next: nextForMember,
  async run({ args: { email }, flags: { role, validateOnly, idempotencyKey } }, context) {
    const body = { email, role };
    const { members } = await context.client();
    if (validateOnly) {
      await members.create(body, { signal: context.signal, validateOnly });
      return valid(context);
    }
    const creation = await beginCreate(context, { intent: ['member create', body], body, idempotencyKey });
    try {
      const { value } = await members.create(body, { signal: context.signal, idempotencyKey: creation.idempotencyKey });
      await creation.end();
      return object(value, MEMBER_VIEW);
    } catch (error) {
      throw await creation.failed(error);
    }
  },
});

/** `PATCH /tenants/{tenant}/members/{email}`. */
export const memberUpdate = command({
  path: 'member update',
  summary: 'Give a member another role.',
  examples: [{ run: 'openkupe member update developer@example.com --role admin', why: 'from the next request on' }],
  args: MEMBER,
  flags: { ...ROLE_FLAG, ...VALIDATE_FLAG },
  formats: FORMATS,
  isRemote: true,
  next: nextForMember,
  async run({ args: { email }, flags: { role, validateOnly } }, context) {
    const { value } = await (await context.client()).members.patch(email, { role }, { signal: context.signal, validateOnly });
    return validateOnly ? valid(context) : object(value, MEMBER_VIEW);
  },
});

/** `DELETE /tenants/{tenant}/members/{email}`. */
export const memberDelete = command({
  path: 'member delete',
  summary: 'Take the access of a member away, at once.',
  examples: [{ run: 'openkupe member delete developer@example.com', why: 'whatever an access token of theirs says' }],
  args: MEMBER,
  flags: VALIDATE_FLAG,
  formats: FORMATS,
  isRemote: true,
  next: nextForMember,
  async run({ args: { email }, flags: { validateOnly } }, context) {
    await (await context.client()).members.delete(email, { signal: context.signal, validateOnly });
    return validateOnly ? valid(context) : deleted('member', email);
  },
});
