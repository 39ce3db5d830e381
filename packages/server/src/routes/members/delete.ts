import { invalidRequest } from '../../errors/refusal.ts';
import { defineHandler } from '../define-handler.ts';
import { canonicalEmail, checkAdmins, checkIsStaying, loadMember, membersBeside, membersWrite } from './members-write.ts';

/** 400 for the caller’s own address: that of the access token, or of the person who made the API key. */
export const removeMember = defineHandler('members.delete', {
  load: async (call) => loadMember(call),
  decide(call, { tenant, member }) {
    checkIsStaying(tenant);
    if (member.email === canonicalEmail(call.principal.email)) {
      throw invalidRequest(`You cannot remove yourself ("${member.email}"); ask another admin of the tenant`, 'self-removal');
    }
    const after = membersBeside(tenant, member);
    checkAdmins(after, member);
    return membersWrite(tenant, after, { email: member.email, message: `Member ${member.email} was removed` });
  },
});
