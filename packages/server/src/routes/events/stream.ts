import { defineHandler } from '../define-handler.ts';

/** What happened in the tenant, and with `watch` what happens. */
export const streamEvents = defineHandler('events.stream', {
  load: async () => ({}),
  decide({ query: { watch, after, kind, name } }) {
    return { answer: { events: { isWatching: watch === 'true', after: after === undefined ? undefined : Number(after), kind, name } } };
  },
});
