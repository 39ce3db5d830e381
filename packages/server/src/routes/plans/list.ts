import { defineHandler } from '../../pipeline/handler.ts';

export const listPlans = defineHandler('plans.list', {
  load: async () => ({}),
  decide: (_call, _state, means) => ({ answer: { body: { items: means.plans } } }),
});
