import { loadPlatform } from '../../platform/platform.ts';
import { defineHandler } from '../define-handler.ts';

/** The plans that are on offer now, the cheapest first. */
export const listPlans = defineHandler('plans.list', {
  load: async (_call, deps) => ({ platform: await loadPlatform(deps) }),
  decide: (_call, { platform }) => ({ answer: { body: { items: platform.plans } } }),
});
