import { EVENT_KINDS, Event } from '../resources/event.ts';
import { oneWordOf } from './query.ts';
import type { Route } from './route.ts';

/** The route of what happens in a tenant. */
export const EVENT_ROUTES = [
  {
    id: 'events.stream',
    method: 'GET',
    path: '/api/v1/tenants/{tenant}/events',
    summary:
      'Read what happened, as server-sent events, oldest first. With watch=true it goes on with what happens: a comment every 15 seconds shows that ' +
      'it is alive, and Last-Event-ID goes on after a break. An event "resync" says that some are lost: read the lists again. Events of API keys are for admins.',
    access: 'readonly',
    query: {
      watch: oneWordOf(['true', 'false'], 'Whether to go on with what happens; without it the answer ends with what has happened.'),
      after: {
        description:
          'Begin behind this revision; the header Last-Event-ID wins. Without both: at the oldest that is kept, or with watch=true now.',
        pattern: '^(0|[1-9][0-9]{0,14})$',
        rule: 'be a revision: a whole number',
      },
      kind: oneWordOf(EVENT_KINDS, 'Only events about this.'),
      name: { description: 'Only events about what has this name.', pattern: '^[!-~]{1,254}$', rule: 'be a name' },
    },
    success: { status: 200, body: Event, etag: false, isStream: true },
    refusals: [],
  },
] as const satisfies readonly Route[];
