import type { Static } from 'typebox';
import { freeForm, oneOf, strict, Time } from './schema.ts';
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

/** The phases of the delivery of an Alertmanager configuration, as the API names them. */
export const ALERTMANAGER_PHASES = ['Stored', 'Pending', 'Delivered', 'Rejected'] as const;

/** Schema of how far the delivery of a configuration to Alertmanager is. */
export const AlertmanagerStatus = Type.Object({
  phase: oneOf(
    ALERTMANAGER_PHASES,
    'Stored: this installation delivers to no Alertmanager. Pending: not in force yet. Rejected: Alertmanager refused it.',
  ),
  message: Type.String({ description: 'What is waited for, or why it was rejected; empty where there is nothing to say.' }),
  revision: Type.Integer({ description: 'The number of the last change, which the ETag begins with.' }),
  deliveredRevision: Type.Optional(Type.Integer({ description: 'The revision that is in force.' })),
  deliveredAt: Type.Optional(Time),
});
/** How far the delivery of a configuration is. */
export type AlertmanagerStatus = Static<typeof AlertmanagerStatus>;

/** Schema of the answer with the whole configuration of a tenant, credentials masked. */
export const AlertmanagerConfig = Type.Object({
  global: freeForm('As GET global answers it.'),
  receivers: Type.Array(Receiver),
  routes: Type.Array(AlertRoute),
  status: AlertmanagerStatus,
});
