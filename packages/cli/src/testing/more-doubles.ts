import { notFound } from './cluster-double.ts';
import { TENANT } from './fixtures.ts';
import type { Reply, SeenRequest } from './http-messages.ts';
import { ALERTMANAGER, CALLER_LIMITS, INVOICES, MEMBERS, SECRETS, USAGE } from './more-fixtures.ts';

const tagged = (body: object, tag: string): Reply => ({ status: 200, body, headers: { etag: `"${tag}"` } });

/** A collection whose items are named by `key`: reads from `items`, and echoes what is written. */
function collectionReply({ method, body }: SeenRequest, items: readonly object[], key: string, name: string | undefined): Reply {
  if (name === undefined)
    return method === 'GET' ? { status: 200, body: { items } } : { status: 201, body: { ...items[0], ...(body as object) } };
  const found = items.find((item) => (item as Record<string, unknown>)[key] === decodeURIComponent(name));
  if (!found) return notFound(`"${name}"`);
  return method === 'DELETE' ? { status: 204 } : tagged({ ...found, ...(body as object | undefined) }, '21');
}

function alertmanagerReply({ method, body }: SeenRequest, part: string | undefined, name: string | undefined): Reply {
  if (method === 'DELETE') return { status: 204 };
  if (method === 'PUT') return tagged(body as object, '42');
  if (part === 'config') return tagged(ALERTMANAGER, '41');
  if (part === 'global') return tagged(ALERTMANAGER.global, '41');
  if (part === 'routes')
    return tagged(name === undefined ? { items: ALERTMANAGER.routes } : (ALERTMANAGER.routes[Number(name)] ?? {}), '41');
  return tagged(name === undefined ? { items: ALERTMANAGER.receivers } : (ALERTMANAGER.receivers[0] ?? {}), '41');
}

function tenantReply({ method, body }: SeenRequest): Reply {
  const tenant = { ...TENANT, status: { ...TENANT.status, currentUsage: USAGE } };
  if (method === 'DELETE') return { status: 202, body: tenant };
  return tagged(method === 'PATCH' ? { ...tenant, ...(body as object) } : tenant, '3');
}

/** The reply of the routes below `/tenants/{tenant}` that need no state; undefined for another kind. */
export function moreReplyTo(
  request: SeenRequest,
  kind: string | undefined,
  name: string | undefined,
  action: string | undefined,
): Reply | undefined {
  if (kind === undefined) return tenantReply(request);
  if (kind === 'secrets') return collectionReply(request, SECRETS, 'name', name);
  if (kind === 'members') return collectionReply(request, MEMBERS, 'email', name);
  if (kind === 'invoices') return collectionReply(request, INVOICES, 'name', name);
  if (kind === 'limits') return { status: 200, body: { items: CALLER_LIMITS } };
  return kind === 'alertmanager' ? alertmanagerReply(request, name, action) : undefined;
}
