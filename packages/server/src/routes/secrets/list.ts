import { defineHandler } from '../define-handler.ts';
import { readPage } from '../read-page.ts';
import { renderEach } from '../render-each.ts';
import { renderSecret, secretPhase } from './render-secret.ts';

/** The secrets of the tenant by name. */
export const listSecrets = defineHandler('secrets.list', {
  async load(call, deps) {
    const { phase } = call.query;
    return { page: await readPage('secret', call, deps, phase === undefined ? undefined : (secret) => secretPhase(secret) === phase) };
  },
  decide: (_call, { page: { rows, ...page } }) => ({ answer: { ...page, items: renderEach(rows, renderSecret) } }),
});
