import { defineHandler } from '../define-handler.ts';
import { readPage } from '../read-page.ts';
import { renderEach } from '../render-each.ts';
import { renderApiKey } from './render-api-key.ts';

/** The keys of the tenant by id, expired ones too; never the key itself. */
export const listApiKeys = defineHandler('api-keys.list', {
  load: async (call, deps) => ({ page: await readPage('api-key', call, deps) }),
  decide: (_call, { page: { rows, ...page } }) => ({ answer: { ...page, items: renderEach(rows, renderApiKey) } }),
});
