import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';

/** The members in the order of their addresses. */
export const listMembers = defineHandler('members.list', {
  load: async (call) => ({ tenant: loadTenant(call) }),
  decide: (_call, { tenant }) => ({ answer: { body: { items: tenant.spec.members } } }),
});
