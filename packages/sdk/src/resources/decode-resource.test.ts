import { describe, expect, test } from 'vitest';
import { failureOf } from '../testing/outcome-of.ts';
import { cluster, tryClient } from '../testing/try-client.ts';

const bare = (changes: object) => ({
  body: { name: 'prod', version: '1.31', resourceVersion: '1', createdAt: '2026-01-01T00:00:00Z', ...changes },
});
const listOf = (items: unknown) => ({ body: { items } });

describe('what a server may leave empty', () => {
  test('a list that is null is empty, in every collection', async () => {
    const { client, clock } = tryClient([listOf(null)], { isLastRepeated: true });
    const { clusters, secrets, members, apiKeys, invoices, plans } = client;
    const lists = [clusters, secrets, members, apiKeys, invoices, plans].map(
      ({ list }) =>
        (): Promise<{ value: unknown[] }> =>
          list(),
    );
    for (const list of lists) expect((await clock.runUntil(list())).value).toEqual([]);
    expect((await clock.runUntil(client.limits.get())).value).toEqual([]);
  });

  test('a body without a list is still none of this API', async () => {
    const { client, clock } = tryClient([{ body: {} }]);
    expect((await failureOf(clock, client.clusters.list())).name).toBe('DecodeError');
  });

  test.each([[{ status: null }], [{}], [{ status: {} }], [{ status: { phase: null, conditions: null, metrics: null }, resources: null }]])(
    'a cluster with %o has no phase yet, alone and in a list',
    async (changes) => {
      const { client, clock } = tryClient([bare(changes), listOf([bare(changes).body])]);
      const one = (await clock.runUntil(client.clusters.get('prod'))).value;
      expect(one).toMatchObject({ name: 'prod', resources: {}, status: { phase: '', conditions: [], metrics: {} } });
      expect((await clock.runUntil(client.clusters.list())).value).toEqual([one]);
    },
  );

  test('secrets, the tenant and invoices are read alike', async () => {
    const { client, clock } = tryClient([bare({ status: null }), bare({ members: null }), bare({}), listOf([bare({}).body])]);
    expect((await clock.runUntil(client.secrets.get('db'))).value.status).toEqual({ phase: '', conditions: [], syncStatuses: [] });
    expect((await clock.runUntil(client.tenant.get())).value).toMatchObject({ members: [], status: { phase: '' } });
    expect((await clock.runUntil(client.invoices.get('2026-01'))).value.status.lineItems).toEqual([]);
    expect((await clock.runUntil(client.invoices.list())).value[0]?.status.lineItems).toEqual([]);
  });

  test('phases and fields that are not known are passed on', async () => {
    const odd = { status: { phase: 'Hibernating', mood: 'calm', conditions: [] }, spotPrice: 3, warnings: null };
    const { client, clock } = tryClient([bare(odd)]);
    expect((await clock.runUntil(client.clusters.get('prod'))).value).toMatchObject(odd);
  });

  test('a wait goes on until there is a status, and needs no generation from a server that has none', async () => {
    const { client, clock, lines } = tryClient([bare({ status: null }), bare({}), bare({ status: { phase: 'Running' } })]);
    const { value } = await clock.runUntil(client.clusters.waitFor('prod', 'Running', { generation: 2 }));
    expect(value.status.phase).toBe('Running');
    expect(lines()).toHaveLength(3);
  });

  test('a delete whose answer got lost is not taken for done because there is no status', async () => {
    const { client, clock } = tryClient([{ failure: 'no-answer' }, { status: 412 }, bare({ status: null })]);
    expect((await failureOf(clock, client.clusters.delete('prod', { ifMatch: '"1"' }))).outcome).toBe('unknown');
  });

  test('an update starts from it, and from what a 412 carried', async () => {
    const carried = { status: 412, headers: { ETag: '"2"' }, body: { error: 'x', current: bare({ status: null }).body } };
    const { client, clock } = tryClient([{ ...bare({}), headers: { ETag: '"1"' } }, carried, { body: cluster('prod') }]);
    const phases: string[] = [];
    await clock.runUntil(
      client.clusters.update('prod', ({ status }) => {
        phases.push(status.phase);
        return { version: '1.32' };
      }),
    );
    expect(phases).toEqual(['', '']);
  });
});
