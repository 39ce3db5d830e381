import type { Static } from 'typebox';
import { oneOf, Time } from './schema.ts';
import { Type } from './type.ts';

/** What an event can be about. */
export const EVENT_KINDS = ['tenant', 'cluster', 'secret', 'alertmanager', 'api-key', 'invoice', 'webhook'] as const;
/** What can happen to it. */
export const EVENT_TYPES = ['created', 'changed', 'observed', 'deletion-accepted', 'deleted'] as const;

/** Schema of one thing that happened in a tenant: the `data` of a server-sent event. */
export const Event = Type.Object({
  revision: Type.Integer({ description: 'Grows with every change; what one change did shares it.' }),
  at: Time,
  kind: oneOf(EVENT_KINDS, 'What it is about.'),
  name: Type.String({ description: 'The name of what it is about.' }),
  type: oneOf(EVENT_TYPES, 'observed: only the status moved.'),
  message: Type.String({ description: 'One sentence for a person.' }),
});
/** One thing that happened in a tenant. */
export type Event = Static<typeof Event>;
