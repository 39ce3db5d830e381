import { type Static, Type } from 'typebox';
import { ROLES } from '../permissions.ts';
import { oneOf, strict } from './schema.ts';
import { Member } from './tenant.ts';

export const MemberAdd = strict({
  email: Type.String({ minLength: 1, maxLength: 254, description: 'Unique in the tenant in any case; stored in lower case.' }),
  role: oneOf(ROLES, 'What the member may do.'),
});
export type MemberAdd = Static<typeof MemberAdd>;

export const MemberPatch = strict({ role: oneOf(ROLES, 'What the member may do from now on.') });
export type MemberPatch = Static<typeof MemberPatch>;

export const MemberList = Type.Object({ items: Type.Array(Member) });
