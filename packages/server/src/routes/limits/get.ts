import { limitsView } from '../../rate-limit/limits-view.ts';
import { defineHandler } from '../define-handler.ts';

export const getLimits = defineHandler('limits.get', {
  load: async () => ({}),
  decide({ address, principal }, _state, { guard, callerLimits }) {
    const caller = { tenant: principal.tenant, key: principal.actor };
    return { answer: { body: limitsView({ guard, address, caller, ...(callerLimits ? { callerLimits } : {}) }) } };
  },
});
