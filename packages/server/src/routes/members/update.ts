import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';
import { checkAdmins, checkIsStaying, memberOf, membersBeside, membersWrite } from './members-write.ts';

/** Who has the role already is answered without a write, so the tenant's ETag stays. */
export const updateMember = defineHandler('members.update', {
  async load(call) {
    const tenant = loadTenant(call);
    return { tenant, member: memberOf(tenant, call.params.email), precondition: tenant };
  },
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
