import { defineHandler } from '../define-handler.ts';

/** What authentication and authorisation found out about the caller; a stranger is refused before. */
export const getSession = defineHandler('session.get', {
  load: async () => ({}),
  decide({ principal: { tenant, role, kind, actor } }) {
    return { answer: { body: { tenant, role, kind: kind === 'oidc' ? 'oidc' : 'api-key', subject: actor } } };
  },
});
