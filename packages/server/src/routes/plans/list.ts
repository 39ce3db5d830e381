import { loadPlatform } from '../../platform/platform.ts';
import { defineHandler } from '../define-handler.ts';

export const listPlans = defineHandler('plans.list', {
  load: async (_call, deps) => ({ platform: await loadPlatform(deps) }),
  decide: (_call, { platform }) => ({ answer: { body: { items: platform.plans } } }),
});
