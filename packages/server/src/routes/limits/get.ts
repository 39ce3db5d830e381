import { defineHandler } from '../define-handler.ts';

/** What the limits leave to this caller, without using any of it up. */
export const getLimits = defineHandler('limits.get', {
  async load({ address }, { addressLimit }) {
    // Reading the limits uses up none of them: it was charged until here, so that a volley of reads is no way around the limit.
    await addressLimit.refund(address);
    return { limits: await addressLimit.show(address) };
  },
  decide({ address, principal }, { limits }, { authBackoff, callerLimits }) {
    const caller = { tenant: principal.tenant, key: principal.actor };
    const items = [...limits, authBackoff.show(address), ...(callerLimits?.show(caller) ?? [])];
    return { answer: { body: { items } } };
  },
});
