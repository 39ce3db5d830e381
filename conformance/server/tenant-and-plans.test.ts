import type { Cluster, Plan, Tenant } from '@openkupe/contract';
import { describe, expect, test } from 'vitest';
import { etagOf, makeCluster } from '../clusters.ts';
import { expectRefusal } from '../expect-refusal.ts';
import { ownServer, serverUnderTest, testOfOwnServer } from '../server-under-test.ts';

const server = serverUnderTest();
const full = ownServer();

describe('plans', () => {
  test('are readable without a token, and with any', async () => {
    const client = server.client();
    const [none, wrong, right] = [
      await client.call<{ items: Plan[] }>('GET', '/api/v1/plans', { key: null }),
      await client.call('GET', '/api/v1/plans', { key: 'garbage' }),
      await client.call('GET', '/api/v1/plans'),
    ];
    expect(none.status).toBe(200);
    expect([wrong.text, right.text]).toEqual([none.text, none.text]);
    for (const plan of none.body.items) {
      expect((await client.call('GET', `/api/v1/plans/${plan.name}`, { key: null })).body).toEqual(plan);
      expect(plan.platformFee).toMatch(/^\d+\.\d\d$/);
      expect(plan.maxClusters).toBeTypeOf('number');
    }
    expect(none.body.items.map(({ name }) => name)).toEqual(['starter', 'pro', 'business', 'enterprise']);
  });

  test('S9: one that does not exist is 404', async () => {
    expectRefusal(await server.client().call('GET', '/api/v1/plans/golden', { key: null }), 404, 'golden');
  });
});

describe('the tenant', () => {
  test('shows every field of the API, and its tag', async () => {
    const answer = await server.client().call<Tenant>('GET', '.');
    expect(answer.status).toBe(200);
    expect(etagOf(answer)).toContain(answer.body.resourceVersion);
    expect(answer.body).toMatchObject({
      name: server.tenant,
      displayName: expect.any(String),
      contactEmail: expect.stringContaining('@'),
      plan: expect.any(String),
      enforceMetricsLimit: expect.any(Boolean),
      enforceLogLimit: expect.any(Boolean),
      createdAt: expect.stringMatching(/Z$/),
      status: { phase: 'Active', clusterCount: expect.any(Number) },
    });
    for (const amounts of [answer.body.status.poolResources, answer.body.status.allocatedResources]) {
      for (const dimension of ['cpu', 'memory', 'storage'] as const) expect(amounts[dimension]).toMatch(/^\d+(\.\d+)?$/);
    }
  });

  testOfOwnServer(
    'S5: a list is empty, then grows in order of names; the plan bounds clusters and pool, and the allocation adds up',
    async () => {
      const client = full.client();
      expect((await client.call('GET', './clusters')).text).toBe('{"items":[]}');
      const status = async () => (await client.call<Tenant>('GET', '.')).body.status;
      const makes = ['1', '1500m', '2', '0.5'].map((cpu) => ({ cpu, memory: '1Gi', storage: '512Mi' }));
      for (const resources of makes) await makeCluster(client, { resources });
      expect(await status()).toMatchObject({ clusterCount: 4, allocatedResources: { cpu: '5', memory: '4', storage: '2' } });
      expectRefusal(await client.call('POST', './clusters', { body: { name: 'too-large', resources: { cpu: '3001m' } } }), 400, 'cpu', '8');
      await makeCluster(client, { resources: { cpu: '3' } });
      expectRefusal(await client.call('POST', './clusters', { body: { name: 'one-more' } }), 400, 'maximum cluster limit reached');
      expectRefusal(await client.call('PATCH', '.', { body: { plan: 'starter' } }), 400, 'maximum cluster limit reached', '3');
      const { items } = (await client.call<{ items: Cluster[] }>('GET', './clusters')).body;
      expect(items.map(({ name }) => name)).toEqual(items.map(({ name }) => name).sort());
      expect(items).toHaveLength(5);
    },
  );
});
