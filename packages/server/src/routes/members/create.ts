import { LIMITS } from '@openkupe/contract';
import { conflict, invalidRequest } from '../../errors/refusal.ts';
import { checkName } from '../../pipeline/validate.ts';
import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';
import { canonicalEmail, checkIsStaying, membersWrite } from './members-write.ts';

/** Adds a member, who can sign in at once. 409 for an address that is one. */
export const addMember = defineHandler('members.create', {
  async load(call) {
    const tenant = loadTenant(call);
    return { tenant, precondition: tenant };
  },
  decide(call, { tenant }) {
    checkName('email', 'email', call.body.email, 'email');
    const member = { email: canonicalEmail(call.body.email), role: call.body.role };
    const { members } = tenant.spec;
    checkIsStaying(tenant);
    if (members.some(({ email }) => canonicalEmail(email) === member.email)) {
      throw conflict(
        `member already exists: "${member.email}" is in tenant "${tenant.name}"; change the role with PATCH /api/v1/tenants/${tenant.name}/members/${encodeURIComponent(member.email)}`,
      );
    }
    if (members.length >= LIMITS.membersPerTenant) {
      throw invalidRequest(`A tenant can have at most ${LIMITS.membersPerTenant} members; remove one first`, 'member-limit');
    }
    const message = `Member ${member.email} was added as ${member.role}`;
    return membersWrite(tenant, [...members, member], { email: member.email, message, body: member });
  },
});
