import { type Static, Type } from 'typebox';
import { freeForm, strict } from './schema.ts';

/** What stands for a credential in an answer, and for "the one that is stored" in a request. */
export const MASKED = '<secret>';

type ReceiverBody = { readonly name?: string } & Readonly<Record<string, unknown>>;

/** A receiver of Alertmanager: a name and any number of lists of integrations. What is inside one is Alertmanager's business. */
export const Receiver = Type.Unsafe<ReceiverBody>({
  type: 'object',
  properties: { name: { type: 'string', maxLength: 128, description: 'The name in the path wins.' } },
  patternProperties: {
    _configs$: { type: 'array', maxItems: 50, items: freeForm('One integration, in the schema of Alertmanager.') },
  },
  additionalProperties: false,
});
export type Receiver = Static<typeof Receiver>;

export const ReceiverList = Type.Object({ items: Type.Array(Receiver) });

const names = (description: string) => Type.Optional(Type.Array(Type.String({ maxLength: 1_024 }), { maxItems: 100, description }));
const duration = (description: string) => Type.Optional(Type.String({ maxLength: 32, description, examples: ['30s'] }));
const labels = Type.Optional(Type.Unsafe<Record<string, string>>({ type: 'object', additionalProperties: { type: 'string' } }));

/** A route below the root, which the server manages. Without a receiver it inherits that of its parent. */
export const AlertRoute = strict({
  receiver: Type.Optional(Type.String({ maxLength: 128 })),
  group_by: names('Labels whose values make a group.'),
  continue: Type.Optional(Type.Boolean({ description: 'Whether later routes are tried after a match.' })),
  matchers: names('Such as severity="critical".'),
  match: labels,
  match_re: labels,
  group_wait: duration('How long a new group waits for more alerts.'),
  group_interval: duration('How long until a changed group is sent again.'),
  repeat_interval: duration('How long until an unchanged group is sent again.'),
  mute_time_intervals: names('Time intervals in which nothing is sent.'),
  active_time_intervals: names('Time intervals outside of which nothing is sent.'),
  routes: Type.Optional(Type.Array(freeForm('A nested route, of the same shape.'), { maxItems: 200 })),
});
export type AlertRoute = Static<typeof AlertRoute>;

export const AlertRoutesPut = strict({
  items: Type.Unsafe<AlertRoute[] | null>({
    type: ['array', 'null'],
    items: AlertRoute,
    maxItems: 200,
    description: 'All routes, in order: the first that matches wins. Null or [] clears.',
  }),
});
export const AlertRouteList = Type.Object({ items: Type.Array(AlertRoute) });

/** Alertmanager's global settings; their schema is Alertmanager's business. */
export const AlertmanagerGlobal = freeForm('The global settings of Alertmanager, such as smtp_from or resolve_timeout; {} clears.');

export const AlertmanagerConfig = Type.Object({
  global: freeForm('As GET global answers it.'),
  receivers: Type.Array(Receiver),
  routes: Type.Array(AlertRoute),
});
