import { notFound } from '../../errors/refusal.ts';
import { defineHandler } from '../../pipeline/handler.ts';

export const getPlan = defineHandler('plans.get', {
  load: async () => ({}),
  decide(call, _state, means) {
    const { plan: name = '' } = call.params;
    const plan = means.plans.find((candidate) => candidate.name === name);
    if (!plan) throw notFound('Plan', name);
    return { answer: { body: plan } };
  },
});
