import { describe, expect, it } from 'vitest';
import type { ResourceKey } from '../resource.ts';
import type { ScanRange, Write } from '../store.ts';
import {
  AT,
  apiKeyKey,
  changeOf,
  clusterKey,
  clusterObserved,
  clusterSpec,
  commitWritten,
  createApiKey,
  createCluster,
  givenCluster,
  type MakeStore,
  storeOfEachTest,
} from './samples.ts';

/** What each of the five verbs moves, when it refuses, and what reads show. */
export function describeResources(makeStore: MakeStore): void {
  const test = storeOfEachTest(makeStore);

  describe('create', () => {
    it('starts at generation 1 and observation 0, with the revision as its version', async () => {
      const { revision } = await commitWritten(test.store, changeOf(createCluster()));
      const expected = {
        ...clusterKey(),
        uid: 'uid-1',
        resourceVersion: String(revision),
        observation: 0,
        generation: 1,
        createdAt: AT,
        spec: clusterSpec(),
        observed: clusterObserved(),
      };
      expect(await test.store.get(clusterKey())).toEqual(expected);
    });

    it('answers exists when the name is taken, and changes nothing', async () => {
      const first = await givenCluster(test.store);
      const outcome = await test.store.commit(changeOf(createCluster(clusterKey(), 'uid-2')));
      expect(outcome).toEqual({ outcome: 'exists', index: 0 });
      expect(await test.store.get(clusterKey())).toEqual(first);
    });

    it('lets two tenants use one cluster name, but no two use one API key id', async () => {
      await givenCluster(test.store);
      await givenCluster(test.store, clusterKey('web', 'other'));
      await commitWritten(test.store, changeOf(createApiKey()));
      const outcome = await test.store.commit(changeOf(createApiKey(apiKeyKey('k1', 'other'))));
      expect(outcome).toEqual({ outcome: 'exists', index: 0 });
    });

    it('keeps every text and free-form object as it was sent', async () => {
      const alerts = JSON.parse('{"__proto__":{"a":1},"ü\\u0000\\ud800":["\\"", 1e300, -0.5, null, true]}') as { [name: string]: unknown };
      const spec = { ...clusterSpec("'; DROP TABLE resource; -- 🚀"), alerts };
      await commitWritten(test.store, changeOf({ ...createCluster(), verb: 'create', uid: 'uid-1', observed: clusterObserved(), spec }));
      const stored = await test.store.get(clusterKey());
      expect(JSON.stringify(stored?.spec)).toBe(JSON.stringify(spec));
    });
  });

  describe('update-if', () => {
    it('moves version and generation, and nothing of the status', async () => {
      const before = await givenCluster(test.store);
      const spec = clusterSpec('Changed');
      const { revision } = await commitWritten(
        test.store,
        changeOf({ verb: 'update-if', key: clusterKey(), expectedVersion: before.resourceVersion, spec }),
      );
      expect(revision).toBeGreaterThan(Number(before.resourceVersion));
      expect(await test.store.get(clusterKey())).toEqual({ ...before, resourceVersion: String(revision), generation: 2, spec });
    });

    it.each(['0', '999999', '', 'x', '1.0', ' 1', '01'])('answers stale for version "%s", and changes nothing', async (expectedVersion) => {
      const before = await givenCluster(test.store);
      const outcome = await test.store.commit(changeOf({ verb: 'update-if', key: clusterKey(), expectedVersion, spec: clusterSpec('No') }));
      expect(outcome).toEqual({ outcome: 'stale', index: 0 });
      expect(await test.store.get(clusterKey())).toEqual(before);
    });

    it('answers missing when there is nothing', async () => {
      const outcome = await test.store.commit(
        changeOf({ verb: 'update-if', key: clusterKey(), expectedVersion: '1', spec: clusterSpec() }),
      );
      expect(outcome).toEqual({ outcome: 'missing', index: 0 });
    });
  });

  describe('observe-if', () => {
    it('moves the observation and nothing else', async () => {
      const before = await givenCluster(test.store);
      const observed = clusterObserved('a node');
      await commitWritten(test.store, changeOf({ verb: 'observe-if', key: clusterKey(), uid: 'uid-1', expectedObservation: 0, observed }));
      expect(await test.store.get(clusterKey())).toEqual({ ...before, observation: 1, observed });
    });

    it('answers stale for another uid or observation', async () => {
      const before = await givenCluster(test.store);
      const write = {
        verb: 'observe-if',
        key: clusterKey(),
        uid: 'uid-1',
        expectedObservation: 0,
        observed: clusterObserved('no'),
      } as const;
      for (const other of [{ uid: 'uid-2' }, { expectedObservation: 1 }]) {
        expect(await test.store.commit(changeOf({ ...write, ...other }))).toEqual({ outcome: 'stale', index: 0 });
      }
      expect(await test.store.get(clusterKey())).toEqual(before);
    });
  });

  describe('mark-deleted-if and delete-if', () => {
    it('marks with the time of the change and moves the version, not the generation', async () => {
      const before = await givenCluster(test.store);
      const at = AT + 5_000;
      const { revision } = await commitWritten(test.store, {
        at,
        writes: [{ verb: 'mark-deleted-if', key: clusterKey(), expectedVersion: before.resourceVersion }],
      });
      expect(await test.store.get(clusterKey())).toEqual({ ...before, resourceVersion: String(revision), deletedAt: at });
    });

    it('answers stale for another version or uid, then removes, and the name is free for another uid', async () => {
      const { resourceVersion } = await givenCluster(test.store);
      const mark = { verb: 'mark-deleted-if', key: clusterKey(), expectedVersion: '0' } as const;
      expect(await test.store.commit(changeOf(mark))).toEqual({ outcome: 'stale', index: 0 });
      const remove = { verb: 'delete-if', key: clusterKey(), uid: 'uid-1', expectedVersion: resourceVersion } as const;
      for (const other of [{ uid: 'uid-2' }, { expectedVersion: '0' }]) {
        expect(await test.store.commit(changeOf({ ...remove, ...other }))).toEqual({ outcome: 'stale', index: 0 });
      }
      await commitWritten(test.store, changeOf(remove));
      expect(await test.store.get(clusterKey())).toBeUndefined();
      expect(await test.store.commit(changeOf(remove))).toEqual({ outcome: 'missing', index: 0 });
      await commitWritten(test.store, changeOf(createCluster(clusterKey(), 'uid-2')));
    });
  });

  describe('reads', () => {
    it('lists by tenant and name, one kind at a time', async () => {
      for (const [name, tenant] of [
        ['b', 'zeta'],
        ['b', 'acme'],
        ['a', 'acme'],
        ['B', 'acme'],
      ] as const) {
        await givenCluster(test.store, clusterKey(name, tenant));
      }
      await commitWritten(test.store, changeOf(createApiKey()));
      const names = async (tenant?: string) => (await test.store.list('cluster', tenant)).map((one) => `${one.tenant}/${one.name}`);
      expect(await names()).toEqual(['acme/B', 'acme/a', 'acme/b', 'zeta/b']);
      expect(await names('acme')).toEqual(['acme/B', 'acme/a', 'acme/b']);
      expect(await names('nobody')).toEqual([]);
    });

    it('scans what it lists, as it was when the scan began', async () => {
      for (const name of ['b', 'a']) await givenCluster(test.store, clusterKey(name));
      await givenCluster(test.store, clusterKey('c', 'other'));
      const listed = await test.store.list('cluster', 'acme');
      const scan = await test.store.scan('cluster', 'acme');
      await givenCluster(test.store, clusterKey('later'));
      expect([...scan.rows]).toEqual(listed);
      expect([...(await test.store.scan('cluster', 'nobody')).rows]).toEqual([]);
    });

    it('scans a range: after a name that need not exist, with a prefix, up to a limit', async () => {
      for (const name of ['ab', 'b', 'a', 'a-1', 'aa', 'B', 'c']) await givenCluster(test.store, clusterKey(name));
      await givenCluster(test.store, clusterKey('ab', 'other'));
      const names = async (range: ScanRange) => [...(await test.store.scan('cluster', 'acme', range)).rows].map(({ name }) => name);
      expect(await names({})).toEqual(['B', 'a', 'a-1', 'aa', 'ab', 'b', 'c']);
      expect(await names({ limit: 2 })).toEqual(['B', 'a']);
      expect(await names({ after: 'a', limit: 2 })).toEqual(['a-1', 'aa']);
      expect(await names({ after: 'aaa' })).toEqual(['ab', 'b', 'c']);
      expect(await names({ after: 'c' })).toEqual([]);
      expect(await names({ prefix: 'a', limit: 10 })).toEqual(['a', 'a-1', 'aa', 'ab']);
      expect(await names({ prefix: 'a', after: 'a-1', limit: 1 })).toEqual(['aa']);
      expect(await names({ prefix: 'b', after: 'a' })).toEqual(['b']);
      expect(await names({ prefix: 'a', after: 'b' })).toEqual([]);
    });

    it('scans the clusters of a tenant that have a label, as it is after every change of them', async () => {
      const spec = (labels?: Record<string, string>) => ({ ...clusterSpec(), ...(labels && { labels }) });
      const make = async (name: string, labels?: Record<string, string>, tenant?: string) => {
        const write = { ...createCluster(clusterKey(name, tenant), `uid-${name}`), spec: spec(labels) };
        await commitWritten(test.store, changeOf(write as Write));
      };
      await make('c', { env: 'prod', tier: 'web' });
      await make('a', { env: 'prod' });
      await make('b', { env: 'dev' });
      await make('d');
      await make('a', { env: 'prod' }, 'other');
      const names = async (label: ScanRange['label'], range: ScanRange = {}) =>
        [...(await test.store.scan('cluster', 'acme', { ...range, label })).rows].map(({ name }) => name);
      const prod = { key: 'env', value: 'prod' };
      expect(await names(prod)).toEqual(['a', 'c']);
      expect(await names({ key: 'env' })).toEqual(['a', 'b', 'c']);
      expect(await names({ key: 'env', value: '' })).toEqual([]);
      expect(await names({ key: 'prod' })).toEqual([]);
      expect(await names(prod, { after: 'a' })).toEqual(['c']);
      expect(await names({ key: 'env' }, { after: 'a', limit: 1 })).toEqual(['b']);
      expect(await names({ key: 'env' }, { prefix: 'b' })).toEqual(['b']);
      const update = async (name: string, labels?: Record<string, string>) => {
        const key = clusterKey(name);
        const expectedVersion = (await test.store.get(key))?.resourceVersion ?? '';
        await commitWritten(test.store, changeOf({ verb: 'update-if', key, expectedVersion, spec: spec(labels) }));
      };
      await update('a', { env: 'dev' });
      await update('c');
      await update('d', { env: 'prod', '"labels":': "'" } as Record<string, string>);
      expect(await names(prod)).toEqual(['d']);
      expect(await names({ key: '"labels":' })).toEqual(['d']);
      const { resourceVersion = '', uid = '' } = (await test.store.get(clusterKey('d'))) ?? {};
      await commitWritten(test.store, changeOf({ verb: 'delete-if', key: clusterKey('d'), uid, expectedVersion: resourceVersion }));
      await make('d');
      await test.reopen();
      expect([await names(prod), await names({ key: 'env', value: 'dev' })]).toEqual([[], ['a', 'b']]);
    });

    it('keeps the labels of a cluster whose spec changes without them, also where both changes are written together', async () => {
      const key = clusterKey('a');
      const labelled = (env: string) => ({ ...clusterSpec(), labels: { env } });
      await commitWritten(test.store, changeOf({ ...createCluster(key), spec: labelled('dev') } as Write));
      const names = async (value: string) =>
        [...(await test.store.scan('cluster', 'acme', { label: { key: 'env', value } })).rows].map(({ name }) => name);
      const update = (version: number, spec: object, keepsLabels: boolean) =>
        test.store.commit(changeOf({ verb: 'update-if', key, expectedVersion: String(version), spec, keepsLabels } as Write));
      const revision = await test.store.newestRevision();
      await update(revision, { ...labelled('dev'), version: '1.33' }, true);
      expect(await names('dev')).toEqual(['a']);
      const spec = { ...labelled('prod'), version: '1.34' };
      const both = [update(revision + 1, labelled('prod'), false), update(revision + 2, spec, true)];
      expect((await Promise.all(both)).map(({ outcome }) => outcome)).toEqual(['written', 'written']);
      expect([await names('dev'), await names('prod')]).toEqual([[], ['a']]);
    });

    it('the version of a scan moves with every write in its range, and with no other', async () => {
      const version = async (range?: ScanRange) => (await test.store.scan('cluster', 'acme', range)).version;
      const first = { limit: 1 };
      const seen = { all: [await version()], first: [await version(first)] };
      const note = async () => {
        seen.all.push(await version());
        seen.first.push(await version(first));
      };
      const key = clusterKey('b');
      const { resourceVersion } = await givenCluster(test.store, key);
      await note();
      await commitWritten(
        test.store,
        changeOf({ verb: 'observe-if', key, uid: 'uid-1', expectedObservation: 0, observed: clusterObserved() }),
      );
      await note();
      const { revision } = await commitWritten(
        test.store,
        changeOf({ verb: 'update-if', key, expectedVersion: resourceVersion, spec: clusterSpec() }),
      );
      await note();
      await commitWritten(test.store, changeOf({ verb: 'mark-deleted-if', key, expectedVersion: String(revision) }));
      await note();
      expect(new Set(seen.all).size).toBe(5);
      expect(seen.first).toEqual(seen.all);
      await givenCluster(test.store, clusterKey('c'));
      await givenCluster(test.store, clusterKey('a', 'other'));
      await note();
      expect([new Set(seen.all).size, new Set(seen.first).size]).toEqual([6, 5]);
      await test.reopen();
      expect([await version(), await version(first)]).toEqual([seen.all.at(-1), seen.first.at(-1)]);
    });

    it('counts the targets of all secrets of a tenant', async () => {
      const secret = (name: string, count?: number, tenant = 'acme') => ({
        verb: 'create' as const,
        key: { kind: 'secret' as const, tenant, name },
        uid: `uid-${tenant}-${name}`,
        spec: { secretPath: 'a', ...(count === undefined ? {} : { sync: Array(count).fill({ cluster: 'one', namespace: 'two' }) }) },
        observed: { observedGeneration: 0, places: [], targets: [], changedAt: 0 },
      });
      expect(await test.store.countTargets('acme')).toBe(0);
      await commitWritten(test.store, changeOf(secret('a', 3), secret('b'), secret('c', 0), secret('d', 2), secret('e', 9, 'other')));
      expect(await test.store.countTargets('acme')).toBe(5);
    });

    it('counts the bytes of the alerts of all clusters of a tenant', async () => {
      expect(await test.store.alertBytes('acme')).toBe(0);
      const cluster = (key: ResourceKey<'cluster'>, text?: string) => {
        const { alerts: _alerts, ...spec } = clusterSpec();
        const observed = clusterObserved();
        return { verb: 'create' as const, key, uid: key.name, spec: text === undefined ? spec : { ...spec, alerts: { text } }, observed };
      };
      const counted = [cluster(clusterKey('a'), 'é'), cluster(clusterKey('b'), 'x'.repeat(1_000))];
      await commitWritten(test.store, changeOf(cluster(clusterKey('c')), cluster(clusterKey('d', 'other'), 'x'), ...counted));
      expect(await test.store.alertBytes('acme')).toBe(2 * '{"text":""}'.length + 'é'.length * 2 + 1_000);
    });

    it('lists the keys of all tenants in pages', async () => {
      const keys = [clusterKey('b', 'one'), clusterKey('c', 'one'), clusterKey('a', 'two')];
      for (const key of [...keys].reverse()) await givenCluster(test.store, key);
      expect(await test.store.keysAfter('cluster', undefined, 2)).toEqual(keys.slice(0, 2));
      expect(await test.store.keysAfter('cluster', keys[1], 2)).toEqual(keys.slice(2));
      expect(await test.store.keysAfter('cluster', { tenant: 'one', name: 'bb' }, 1)).toEqual([keys[1]]);
      expect(await test.store.keysAfter('cluster', keys[2], 2)).toEqual([]);
      expect(await test.store.keysAfter('tenant', undefined, 2)).toEqual([]);
    });

    it('reads what decides the phases of the clusters of all tenants, in pages', async () => {
      const keys = [clusterKey('b', 'one'), clusterKey('c', 'one'), clusterKey('a', 'two')];
      for (const key of [...keys].reverse()) await givenCluster(test.store, key);
      const first = await test.store.clusterFacts(undefined, 2);
      expect([first.clusters.length, first.last]).toEqual([2, { tenant: 'one', name: 'c' }]);
      const { observedGeneration } = clusterObserved();
      expect(first.clusters[0]).toEqual({
        type: clusterSpec().type,
        facts: expect.objectContaining({ isDeleted: false, generation: 1, observedGeneration }),
      });
      expect(await test.store.clusterFacts(first.last, 2)).toEqual({ clusters: [expect.anything()], last: undefined });
    });

    it('lists the keys alone, with what is marked as deleted', async () => {
      await commitWritten(test.store, changeOf(createCluster(clusterKey('b'))));
      const { revision } = await commitWritten(test.store, changeOf(createCluster(clusterKey('a'))));
      const expectedVersion = String(revision);
      await commitWritten(test.store, { ...changeOf({ verb: 'mark-deleted-if', key: clusterKey('a'), expectedVersion }), at: AT + 5 });
      const keys = [{ ...clusterKey('a'), deletedAt: AT + 5 }, clusterKey('b')];
      expect(await test.store.keys('cluster')).toEqual(keys);
      expect(await test.store.keys('cluster', clusterKey().tenant)).toEqual(keys);
      expect(await test.store.keys('cluster', 'another')).toEqual([]);
      expect(await test.store.keys('tenant')).toEqual([]);
    });

    it('keeps the check value of the secrets', async () => {
      expect(await test.store.secretsCheck()).toBeUndefined();
      await test.store.keepSecretsCheck('abc');
      await test.reopen();
      expect(await test.store.secretsCheck()).toBe('abc');
    });

    it('finds a cluster by its uid', async () => {
      await givenCluster(test.store);
      const cluster = await test.store.get(clusterKey());
      expect(await test.store.findCluster(cluster?.uid ?? '')).toEqual(cluster);
      expect(await test.store.findCluster('another')).toBeUndefined();
    });

    it('finds by a name that one tenant alone has', async () => {
      await commitWritten(test.store, changeOf(createApiKey()));
      expect(await test.store.find('api-key', 'k1')).toEqual(await test.store.get(apiKeyKey()));
      expect(await test.store.find('api-key', 'k2')).toBeUndefined();
      await givenCluster(test.store);
      expect(await test.store.find('cluster', 'web')).toMatchObject({ tenant: 'acme' });
      await givenCluster(test.store, clusterKey('web', 'other'));
      expect(await test.store.find('cluster', 'web')).toBeUndefined();
    });
  });
}
