import { hash } from 'node:crypto';
import { loadPlatform } from '../../platform/platform.ts';
import { defineHandler } from '../define-handler.ts';

/** The plans that are on offer now, the cheapest first. */
export const listPlans = defineHandler('plans.list', {
  load: async (_call, deps) => ({ platform: await loadPlatform(deps) }),
  decide(_call, { platform: { plans } }) {
    const text = JSON.stringify({ items: plans });
    const resourceVersion = hash('sha256', text, 'base64url').slice(0, 22);
    return { answer: { body: { items: plans }, text, tagged: { resourceVersion, observation: 0 } } };
  },
});
