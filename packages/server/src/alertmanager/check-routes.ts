import { AlertRoute } from '@openkupe/contract';
import { invalidRequest } from '../errors/refusal.ts';
import { isRecord } from './sentinels.ts';

/** A duration as Prometheus writes it, largest unit first: https://prometheus.io/docs/prometheus/latest/configuration/configuration/ */
const DURATION = /^(?=\d)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/;
const KNOWN = new Set(Object.keys(AlertRoute.properties));
const TEXT_LISTS = ['group_by', 'matchers', 'mute_time_intervals', 'active_time_intervals'] as const;
const TEXT_MAPS = ['match', 'match_re'] as const;
const DURATIONS = ['group_wait', 'group_interval', 'repeat_interval'] as const;
const MOST_ROUTES = 1_000;

const isText = (value: unknown): value is string => typeof value === 'string';

/** Whether a text is a duration such as `30s`, `5m` or `1h30m`. */
export const isDuration = (text: string): boolean => text === '0' || DURATION.test(text);

/** Types and durations of one route; the schema says the same of the outermost ones. */
function checkFields(route: Record<string, unknown>, path: string): void {
  const refuse = (field: string, rule: string) => {
    throw invalidRequest(`${path}.${field} must be ${rule}`);
  };
  for (const field of Object.keys(route)) {
    if (!KNOWN.has(field)) throw invalidRequest(`The request is not valid: unknown field "${path}.${field.slice(0, 60)}"`);
  }
  if (route.receiver !== undefined && !isText(route.receiver)) refuse('receiver', 'the name of a receiver');
  if (route.continue !== undefined && typeof route.continue !== 'boolean') refuse('continue', 'true or false');
  for (const field of TEXT_LISTS) {
    const value = route[field];
    if (value !== undefined && !(Array.isArray(value) && value.every(isText))) refuse(field, 'a list of texts');
  }
  for (const field of TEXT_MAPS) {
    const value = route[field];
    if (value !== undefined && !(isRecord(value) && Object.values(value).every(isText))) refuse(field, 'labels with their values');
  }
  for (const field of DURATIONS) {
    const value = route[field];
    if (value === undefined || value === '') continue;
    const fits = isText(value) && isDuration(value) && (field === 'group_wait' || /[1-9]/.test(value));
    if (!fits) refuse(field, `a duration such as "30s", "5m" or "1h30m"${field === 'group_wait' ? '' : ', longer than nothing'}`);
  }
}

/** Refuses with 400: unknown fields, malformed durations, and receivers that do not exist, at every depth. */
export function checkRoutes(routes: readonly unknown[], receivers: ReadonlySet<string>, path = 'items', counter = { count: 0 }): void {
  for (const [at, route] of routes.entries()) {
    const here = `${path}.${at}`;
    counter.count += 1;
    if (counter.count > MOST_ROUTES) throw invalidRequest(`There can be at most ${MOST_ROUTES} routes, nested ones included; send fewer`);
    if (!isRecord(route)) throw invalidRequest(`${here} must be a route`);
    checkFields(route, here);
    const { receiver, routes: nested } = route;
    if (isText(receiver) && receiver !== '' && !receivers.has(receiver)) {
      throw invalidRequest(
        `${here}.receiver names ${JSON.stringify(receiver.slice(0, 80))}, which does not exist; make the receiver first`,
      );
    }
    if (nested === undefined || nested === null) continue;
    if (!Array.isArray(nested)) throw invalidRequest(`${here}.routes must be a list of routes`);
    checkRoutes(nested, receivers, `${here}.routes`, counter);
  }
}

/** Whether one of the routes, or one nested in it, names the receiver. */
export function namesReceiver(routes: readonly unknown[], receiver: string): boolean {
  return routes.some(
    (route) => isRecord(route) && (route.receiver === receiver || (Array.isArray(route.routes) && namesReceiver(route.routes, receiver))),
  );
}
