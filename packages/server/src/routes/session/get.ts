import { renderApiKey } from '../api-keys/render-api-key.ts';
import { defineHandler } from '../define-handler.ts';

/** What authentication and authorisation found out about the caller, and its API key, if it is one; a stranger is refused before. */
export const getSession = defineHandler('session.get', {
  load: async ({ principal: { kind, tenant, actor } }, { store }) => ({
    apiKey: kind === 'api-key' ? await store.get({ kind, tenant, name: actor }) : undefined,
  }),
  decide({ principal: { tenant, role, kind, actor } }, { apiKey }) {
    const known = { tenant, role, kind: kind === 'oidc' ? 'oidc' : 'api-key', subject: actor };
    return { answer: { body: { ...known, ...(apiKey && { apiKey: renderApiKey(apiKey) }) } } };
  },
});
