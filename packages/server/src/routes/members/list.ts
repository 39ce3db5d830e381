import type { Member } from '@openkupe/contract';
import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';
import { firstPage, positionIn } from '../read-page.ts';
import { renderEach } from '../render-each.ts';

/** The members in the order of their addresses, under the tag of their tenant, which guards changes of them. */
export const listMembers = defineHandler('members.list', {
  load: async (call) => ({ tenant: loadTenant(call) }),
  decide({ query }, { tenant }) {
    const after = positionIn('member', query) ?? '';
    const members = tenant.spec.members.filter(({ email }) => email > after);
    const { rows, next } = firstPage('member', members, query, ({ email }: Member) => email);
    return { answer: { items: renderEach(rows, (member) => member), ...(next && { next }), tagged: tenant } };
  },
});
