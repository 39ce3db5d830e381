import type { Static } from 'typebox';
import { ROLES } from '../permissions.ts';
import { oneOf, pageOf, strict } from './schema.ts';
import { Member } from './tenant.ts';
import { Type } from './type.ts';

/** Schema of the body that adds a member to a tenant. */
export const MemberAdd = strict({
  email: Type.String({ minLength: 1, maxLength: 254, description: 'Unique in the tenant in any case; stored in lower case.' }),
  role: oneOf(ROLES, 'What the member may do.'),
});
/** Who is to become a member, in which role. */
export type MemberAdd = Static<typeof MemberAdd>;

/** Schema of the body that gives a member another role. */
export const MemberPatch = strict({ role: oneOf(ROLES, 'What the member may do from now on.') });
/** The new role of a member. */
export type MemberPatch = Static<typeof MemberPatch>;

/** Schema of the answer that lists the members of a tenant. */
export const MemberList = pageOf(Member);
