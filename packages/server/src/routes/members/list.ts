import { defineHandler } from '../../pipeline/handler.ts';
import { loadTenant } from '../load.ts';

export const listMembers = defineHandler('members.list', {
  load: async (call, store) => ({ tenant: await loadTenant(store, call.params.tenant) }),
  decide: (_call, { tenant }) => ({ answer: { body: { items: tenant.spec.members } } }),
});
