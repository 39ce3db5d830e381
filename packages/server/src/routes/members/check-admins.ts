import type { Member } from '@openkupe/contract';
import { invalidRequest } from '../../errors/refusal.ts';

/** Refuses a change that would leave no admin: there is no way back from that through the API. */
export function checkAdmins(after: readonly Member[], member: Member): void {
  if (after.some(({ role }) => role === 'admin')) return;
  throw invalidRequest(`"${member.email}" is the only admin of the tenant; make another member admin first`, 'last-admin');
}
