import type { VersionedResource } from '@openkupe/contract/routes/route';
import type { RequestFacts } from '../rules/request-facts.ts';
import type { CapturedAnswer } from './execute.ts';

/** Sends a request as an admin of the sandbox's own. */
export type AskAsAdmin = (method: string, target: string, body?: unknown) => Promise<CapturedAnswer>;

type Change = { readonly method: string; readonly path: string; readonly body: object };

/** The path of the tenant, and of the resource in it. */
const tenantPath = (path: string) => path.split('/').slice(0, 5).join('/');

async function fieldsAt(ask: AskAsAdmin, path: string): Promise<Record<string, unknown>> {
  const { status, body } = await ask('GET', path);
  return status === 200 ? (JSON.parse(body.toString('utf8')) as Record<string, unknown>) : {};
}

/** A change of the same section of the Alertmanager configuration: the sections share a tag, and are guarded each for itself. */
function sectionChange(path: string, count: number): Omit<Change, 'method'> {
  const [, name] = path.split('/receivers/');
  const webhook = { webhook_configs: [{ url: `https://second-writer.example.com/${count}` }] };
  if (name !== undefined) return { path, body: { name: decodeURIComponent(name), ...webhook } };
  if (path.includes('/routes'))
    return { path: `${tenantPath(path)}/alertmanager/routes`, body: { items: [{ matchers: [`second_writer="${count}"`] }] } };
  return { path: `${tenantPath(path)}/alertmanager/global`, body: { resolve_timeout: `${count}m` } };
}

/** What another person might change of a resource, different each time. */
const CHANGES: Record<VersionedResource, (path: string, count: number, ask: AskAsAdmin) => Change | Promise<Change>> = {
  cluster: (path, count) => ({ method: 'PATCH', path, body: { labels: { 'second-writer': String(count) } } }),
  'api-key': (path, count) => ({ method: 'PATCH', path, body: { displayName: `renamed by a second writer, ${count}` } }),
  webhook: (path, count) => ({ method: 'PATCH', path, body: { url: `https://second-writer.example.com/${count}` } }),
  alertmanager: (path, count) => ({ method: 'PUT', ...sectionChange(path, count) }),
  async tenant(path, _count, ask) {
    const at = tenantPath(path);
    return { method: 'PATCH', path: at, body: { enforceLogLimit: (await fieldsAt(ask, at)).enforceLogLimit !== true } };
  },
  async secret(path, _count, ask) {
    const { sync } = await fieldsAt(ask, path);
    const target = { cluster: 'second-writer', namespace: 'second-writer' };
    return { method: 'PATCH', path, body: { sync: Array.isArray(sync) && sync.length > 0 ? null : [target] } };
  },
};

/** Changes what a guarded write is about, just before it is executed. Does nothing for a request without `If-Match`. */
export async function interfere({ route, headers, path }: RequestFacts, count: number, ask: AskAsAdmin): Promise<void> {
  if (!route?.guardedBy || headers['if-match'] === undefined) return;
  const { method, path: at, body } = await CHANGES[route.guardedBy](path, count, ask);
  await ask(method, at, body);
}
