import { scopeOf } from '@openkupe/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { sampleRequest, TENANT_ROUTES, WRITES } from '../../testing/sample-requests.ts';

const SCOPES = [...new Set(TENANT_ROUTES.flatMap((route) => scopeOf(route) ?? []))];
const COLLECTION = '/api/v1/tenants/demo/apikeys';

let server: InProcess;
const keys = new Map<string, string>();
beforeAll(async () => {
  server = await startInProcess();
  for (const scope of [...SCOPES, '*:*', '*:read']) {
    const body = { displayName: scope, role: 'admin', scopes: [scope] };
    keys.set(scope, (await server.send({ method: 'POST', path: COLLECTION, body })).json.key);
  }
});
afterAll(() => server.stop());

it('the scope of each route', async () => {
  const table = TENANT_ROUTES.map((route) => `${route.id}: ${scopeOf(route) ?? 'every key'}`);
  await expect(`${table.join('\n')}\n`).toMatchFileSnapshot('scopes.golden.txt');
});

it.each(TENANT_ROUTES.map((route) => [route.id, route] as const))(
  '%s answers a key with its scope, and no key with another one',
  async (_id, route) => {
    const needed = scopeOf(route);
    const sample = sampleRequest(route);
    const request = WRITES.includes(route) ? { ...sample, path: `${sample.path}?validateOnly=true` } : sample;
    for (const [scope, key] of keys) {
      const received = await server.send({ ...request, key });
      const isMissing = received.headers['error-code'] === 'scope-missing';
      const isIncluded = needed === undefined || scope === needed || scope === '*:*' || (scope === '*:read' && needed.endsWith(':read'));
      expect([scope, isMissing]).toEqual([scope, !isIncluded]);
      if (isMissing) expect([received.status, errorOf(received)]).toEqual([403, expect.stringContaining(`"${needed}"`)]);
    }
  },
);
