import type { AlertRoute, Receiver } from '@openkupe/contract/resources/alertmanager';
import type { View } from './result.ts';

/** `webhook_configs` is an integration of the kind `webhook`. */
const integrations = (receiver: Receiver) =>
  Object.entries(receiver)
    .filter(([name]) => name.endsWith('_configs'))
    .map(([name, those]) => `${name.slice(0, -'_configs'.length)} (${Array.isArray(those) ? those.length : 0})`)
    .join(', ');

/** A receiver of Alertmanager. */
export const RECEIVER_VIEW: View<Receiver> = {
  kind: 'receiver',
  nameOf: (receiver) => receiver.name ?? '',
  fields: [
    { title: 'NAME', value: (receiver) => receiver.name },
    { title: 'INTEGRATIONS', value: integrations },
  ],
};

/** A route of Alertmanager, with its place in the list. */
export interface PlacedRoute extends AlertRoute {
  readonly place: number;
}

/** The routes with their places: a route does not know its own. The place stays out of JSON and YAML, which are what the API answers. */
export function placed(route: AlertRoute, place: number): PlacedRoute {
  return Object.defineProperty({ ...route }, 'place', { value: place, enumerable: false }) as PlacedRoute;
}

/** A route and its place. */
export const ROUTE_VIEW: View<PlacedRoute> = {
  kind: 'route',
  nameOf: (route) => String(route.place),
  fields: [
    { title: 'PLACE', value: (route) => route.place },
    { title: 'RECEIVER', value: (route) => route.receiver },
    {
      title: 'MATCHERS',
      value: ({ matchers, match = {} }) => [...(matchers ?? []), ...Object.entries(match).map((one) => one.join('='))].join(' '),
    },
    { title: 'GOES ON', value: (route) => (route.continue ? 'yes' : 'no') },
    { title: 'GROUP BY', value: (route) => (route.group_by ?? []).join(' '), list: 'wide', object: 'wide' },
    { title: 'REPEAT', value: (route) => route.repeat_interval, list: 'wide', object: 'wide' },
  ],
};
