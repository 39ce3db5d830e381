import type { Static } from 'typebox';
import { freeForm, strict } from './schema.ts';
import { Type } from './type.ts';

/** The value that replaces a credential in an answer, and means "keep the stored one" in a request, as Prometheus masks secrets. */
export const MASKED = '<secret>';

type ReceiverBody = { readonly name?: string } & Readonly<Record<string, unknown>>;

/** A receiver of Alertmanager: a name and any number of lists of integrations. The server does not check what is inside an integration; Alertmanager does. */
export const Receiver = Type.Unsafe<ReceiverBody>({
  type: 'object',
  properties: { name: { type: 'string', maxLength: 128, description: 'The name in the path wins.' } },
  patternProperties: {
    _configs$: { type: 'array', maxItems: 50, items: freeForm('One integration, in the schema of Alertmanager.') },
  },
  additionalProperties: false,
});
/** A receiver, as a request and an answer have it. */
export type Receiver = Static<typeof Receiver>;

/** Schema of the answer that lists the receivers, by name. */
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
/** A route below the root, as a request and an answer have it. */
export type AlertRoute = Static<typeof AlertRoute>;

/** Schema of the body that replaces all routes. */
export const AlertRoutesPut = strict({
  items: Type.Unsafe<AlertRoute[] | null>({
    type: ['array', 'null'],
    items: AlertRoute,
    maxItems: 200,
    description: 'All routes, in order: the first that matches wins. Null or [] clears.',
  }),
});
/** Schema of the answer that lists the routes, in order. */
export const AlertRouteList = Type.Object({ items: Type.Array(AlertRoute) });

/** Schema of Alertmanager's global settings; the server does not check the fields, Alertmanager does. */
export const AlertmanagerGlobal = freeForm('The global settings of Alertmanager, such as smtp_from or resolve_timeout; {} clears.');

/** Schema of the answer with the whole configuration of a tenant, credentials masked. */
export const AlertmanagerConfig = Type.Object({
  global: freeForm('As GET global answers it.'),
  receivers: Type.Array(Receiver),
  routes: Type.Array(AlertRoute),
});
