import { defineHandler } from '../define-handler.ts';

/** What the limits leave to this caller, without using any of it up. */
export const getLimits = defineHandler('limits.get', {
  load: async () => ({}),
  decide({ address, principal }, _state, { addressLimit, authBackoff, callerLimits }) {
    const caller = { tenant: principal.tenant, key: principal.actor };
    // Reading the limits uses up none of them: it was charged until here, so that a volley of reads is no way around the limit.
    addressLimit.refund(address);
    const items = [...addressLimit.show(address), authBackoff.show(address), ...(callerLimits?.show(caller) ?? [])];
    return { answer: { body: { items } } };
  },
});
