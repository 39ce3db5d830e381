import { AlertRoute } from '@openkupe/contract';
import { invalidRequest } from '../errors/refusal.ts';
import { compileBodyCheck, refuseFindings } from '../pipeline/validate.ts';
import { isRecord } from './sentinels.ts';

/** A duration as Prometheus writes it, largest unit first: https://prometheus.io/docs/prometheus/latest/configuration/configuration/ */
const DURATION = /^(?=\d)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/;
const DURATIONS = ['group_wait', 'group_interval', 'repeat_interval'] as const;
const MOST_ROUTES = 1_000;

const findingsIn = compileBodyCheck(AlertRoute);

/** Whether a text is a duration such as `30s`, `5m` or `1h30m`. */
export const isDuration = (text: string): boolean => text === '0' || DURATION.test(text);

/** Fields of one route without the routes in it: the schema's, and durations. */
function checkFields({ routes: _, ...own }: AlertRoute, path: string): void {
  const above = `/${path.replaceAll('.', '/')}`;
  refuseFindings(
    findingsIn(own).map((finding) => ({ ...finding, instancePath: above + finding.instancePath })),
    'route',
  );
  for (const field of DURATIONS) {
    const value = own[field];
    if (value === undefined || value === '') continue;
    if (isDuration(value) && (field === 'group_wait' || /[1-9]/.test(value))) continue;
    const rule = `a duration such as "30s", "5m" or "1h30m"${field === 'group_wait' ? '' : ', longer than nothing'}`;
    throw invalidRequest(`${path}.${field} must be ${rule}`);
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
    const { receiver, routes: nested }: AlertRoute = route;
    if (receiver && !receivers.has(receiver)) {
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
