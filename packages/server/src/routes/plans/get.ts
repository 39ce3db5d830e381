import { notFound } from '../../errors/refusal.ts';
import { loadPlatform } from '../../platform/platform.ts';
import { defineHandler } from '../define-handler.ts';

/** A plan that is on offer now. */
export const getPlan = defineHandler('plans.get', {
  load: async (_call, deps) => ({ platform: await loadPlatform(deps) }),
  decide(call, { platform }) {
    const { plan: name = '' } = call.params;
    const plan = platform.plans.find((candidate) => candidate.name === name);
    if (!plan) throw notFound('Plan', name);
    return { answer: { body: plan } };
  },
});
