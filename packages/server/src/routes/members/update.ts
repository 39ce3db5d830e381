import { defineHandler } from '../define-handler.ts';
import { checkAdmins, checkIsStaying, loadMember, membersBeside, membersWrite } from './members-write.ts';

/** Who has the role already is answered without a write, so the tenant's ETag stays. */
export const updateMember = defineHandler('members.update', {
  load: async (call) => loadMember(call),
  decide(call, { tenant, member }) {
    const { role } = call.body;
    checkIsStaying(tenant);
    if (member.role === role) return { answer: { body: member } };
    const changed = { ...member, role };
    const after = [...membersBeside(tenant, member), changed];
    checkAdmins(after, member);
    return membersWrite(tenant, after, { email: member.email, message: `Member ${member.email} is now ${role}`, body: changed });
  },
});
