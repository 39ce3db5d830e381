import { TENANT_LABEL } from '../alertmanager-target.ts';
import { isRecord } from '../sentinels.ts';
import type { Document } from '../stored-document.ts';
import { escapeText } from './escape-text.ts';
import { beyondShare } from './fair-share.ts';
import { receiverWithInherited, unknownSetting } from './inherited-settings.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What of one tenant goes into the file. */
export interface TenantPart {
  /** The route to all of its routes; absent without any. */
  readonly route?: Fields;
  readonly receivers: readonly Fields[];
}

/** The part of a tenant, or why there can be none, for the tenant. */
export type PartOrProblem = { readonly part: TenantPart } | { readonly problem: string };

/** The parser of YAML that Alertmanager uses refuses longer names, and with them the whole file. */
const NAME_CHARACTERS = 1_000;
const INTERVALS = ['mute_time_intervals', 'active_time_intervals'] as const;

/** A name of a receiver, made one that no other tenant can have: no name of a tenant holds a slash. */
export const prefixed = (tenant: string, name: string): string => `${tenant}/${name}`;

/** What no configuration can hold, because Alertmanager would end or refuse the file as a whole. */
function unprintable(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    if (value.some((one) => one === null)) return 'A list of the configuration holds null; leave it out';
    return value.map(unprintable).find((problem) => problem !== undefined);
  }
  if (!isRecord(value)) return undefined;
  if (Object.keys(value).some((name) => escapeText(JSON.stringify(name)).length > NAME_CHARACTERS))
    return `The configuration has a name of more than ${NAME_CHARACTERS} characters; shorten it`;
  return Object.values(value)
    .map(unprintable)
    .find((problem) => problem !== undefined);
}

/** Without what is null, which to Alertmanager is the same as what is absent where it does not end by it; and without halves of characters. */
function printable(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(printable);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => [name.toWellFormed(), printable(inner)]),
  );
}

/** The first time interval that a route names. The API has none, so that each of them is missing. */
function intervalIn(routes: readonly unknown[]): string | undefined {
  for (const route of routes) {
    if (!isRecord(route)) continue;
    const [named] = INTERVALS.flatMap((field) => (Array.isArray(route[field]) ? route[field] : []));
    const found = named === undefined ? intervalIn(Array.isArray(route.routes) ? route.routes : []) : String(named);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A route with the receivers of its tenant, at every depth. */
function ownRoute(tenant: string, route: unknown): unknown {
  if (!isRecord(route)) return route;
  const { receiver, routes, ...rest } = route;
  return {
    ...(typeof receiver === 'string' && receiver !== '' && { receiver: prefixed(tenant, receiver) }),
    ...rest,
    ...(Array.isArray(routes) && routes.length > 0 && { routes: routes.map((one) => ownRoute(tenant, one)) }),
  };
}

/**
 * What a tenant has in the file that all share. Its routes are below one that only its alerts pass, and that no alert leaves: a route below
 * another can only narrow what that one lets through. Its receivers have its name as a prefix. Its global settings are written into its
 * integrations, because those of the file are everyone's.
 */
export function tenantPart(tenant: string, document: Document): PartOrProblem {
  const setting = unknownSetting(document.global);
  if (setting !== undefined) return { problem: `The global setting "${setting.slice(0, 80)}" is not known; remove it` };
  const interval = intervalIn(document.routes);
  if (interval !== undefined)
    return { problem: `A route names the time interval "${interval.slice(0, 80)}", which does not exist; remove it from the route` };
  const problem = unprintable([document.global, document.receivers, document.routes]);
  if (problem !== undefined) return { problem };
  const global = printable(document.global) as Fields;
  const routes = printable(document.routes) as readonly unknown[];
  const receivers = (printable(document.receivers) as Document['receivers']).map((one) => ({
    ...receiverWithInherited(one, global),
    name: prefixed(tenant, one.name ?? ''),
  }));
  const beyond = beyondShare(routes, receivers);
  if (beyond !== undefined) return { problem: beyond };
  const route: Fields = {
    matchers: [`${TENANT_LABEL}=${JSON.stringify(tenant)}`],
    continue: false,
    routes: routes.map((one) => ownRoute(tenant, one)),
  };
  return { part: { ...(routes.length > 0 && { route }), receivers } };
}
