import { systemClock, systemRandom } from '@openkupe/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOST_PROGRAMS, type Host, startHost } from '../../../../../conformance/kubernetes/host.ts';
import { NEEDS_KUBERNETES } from '../../../../../conformance/kubernetes/programs.ts';
import { createCachedClient } from './cached-client.ts';
import { createKubernetesClient, type KubernetesClient } from './client.ts';
import { createInformer, type Informer } from './informer.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { labelsOf, UID_LABEL } from './labels.ts';

const CONFIG_MAPS = { apiVersion: 'v1', plural: 'configmaps' };
const configMap = (name: string, uid: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels: labelsOf({ tenant: 'acme', name: 'one', uid }) },
  data,
});

describe.skipIf(!HOST_PROGRAMS)(`the informer, at a real API server ${NEEDS_KUBERNETES}`, () => {
  let host: Host;
  let client: KubernetesClient;
  let informer: Informer<KubernetesObject>;
  let uid: string;
  let count = 0;
  beforeAll(async () => {
    host = await startHost();
  });
  afterAll(() => host?.end());
  beforeEach(async () => {
    count += 1;
    uid = `uid-${count}`;
    client = createKubernetesClient(host);
    informer = createInformer({ client, clock: systemClock, random: systemRandom }, CONFIG_MAPS);
    await expect.poll(() => informer.isCurrent, { timeout: 20_000 }).toBe(true);
  });
  afterEach(async () => {
    await informer.close();
    client.close();
  });

  it('sees what is made, changed and deleted, within a second, and calls nothing else', async () => {
    const changed: string[] = [];
    informer.onChange((value) => changed.push(value));
    const beganMs = performance.now();
    await client.apply(CONFIG_MAPS, configMap('one', uid));
    await expect.poll(() => informer.of(uid), { timeout: 10_000, interval: 5 }).toHaveLength(1);
    expect(performance.now() - beganMs).toBeLessThan(1_000);
    await client.delete(CONFIG_MAPS, { namespace: 'default', name: 'one' });
    await expect.poll(() => informer.of(uid), { timeout: 10_000 }).toHaveLength(0);
    expect(new Set(changed)).toEqual(new Set([uid]));
  });

  it('finds what was just written, before the watch has brought it', async () => {
    informer.learn(await client.apply(CONFIG_MAPS, configMap('two', uid)));
    expect(informer.get({ namespace: 'default', name: 'two' })).toBeDefined();
  });

  it('ignores what does not carry the mark, and what a vCluster has copied from a tenant who gave it the mark', async () => {
    const copied = configMap(`copied-${count}`, uid);
    const labels = { ...copied.metadata.labels, 'vcluster.loft.sh/managed-by': 'production' };
    await client.create(CONFIG_MAPS, { ...copied, metadata: { ...copied.metadata, labels } });
    // NOTE: with the uid, so that it would be found by it if it were followed.
    const foreign = { name: `foreign-${count}`, namespace: 'default', labels: { [UID_LABEL]: uid } };
    await client.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: foreign });
    await client.apply(CONFIG_MAPS, configMap(`last-${count}`, uid));
    // NOTE: a watch brings them in the order of their making, so whatever is there now, nothing before the last one is still on its way.
    const last = () => informer.get({ namespace: 'default', name: `last-${count}` });
    await expect.poll(last, { timeout: 10_000 }).toBeDefined();
    expect(informer.of(uid).map(({ metadata }) => metadata.name)).toEqual([`last-${count}`]);
  });

  it('goes on after the API server was killed, and after every version it knew was compacted away', async () => {
    await client.apply(CONFIG_MAPS, configMap('kept', uid));
    await host.restartApiServer('SIGKILL');
    await client.apply(CONFIG_MAPS, configMap('after-kill', uid));
    await expect.poll(() => informer.of(uid), { timeout: 20_000 }).toHaveLength(2);

    await host.processes['kube-apiserver'].kill();
    await expect.poll(() => informer.isCurrent, { timeout: 10_000 }).toBe(false);
    host.processes['kube-apiserver'].start();
    await host.untilReady();
    await host.expireVersions();
    await client.delete(CONFIG_MAPS, { namespace: 'default', name: 'kept' });
    await client.apply(CONFIG_MAPS, configMap('after-compaction', uid));
    const names = () => informer.of(uid).map(({ metadata }) => metadata.name);
    await expect.poll(() => names().sort(), { timeout: 20_000 }).toEqual(['after-compaction', 'after-kill']);
    await expect.poll(() => informer.isCurrent, { timeout: 20_000 }).toBe(true);
  });

  describe('behind a client with a cache', () => {
    let calls: number;
    let cached: KubernetesClient;
    const selection = () => ({ namespace: 'default', labelSelector: `${UID_LABEL}=${uid}` });
    const counted = (): KubernetesClient => ({
      ...client,
      get: (...given) => {
        calls += 1;
        return client.get(...given);
      },
      list: (...given) => {
        calls += 1;
        return client.list(...given);
      },
    });
    /** Waits until reads come from memory. */
    const untilCached = () =>
      expect
        .poll(
          async () => {
            const before = calls;
            await cached.list(CONFIG_MAPS, selection());
            return calls - before;
          },
          { timeout: 20_000 },
        )
        .toBe(0);

    beforeEach(async () => {
      calls = 0;
      cached = createCachedClient({ client: counted(), clock: systemClock, random: systemRandom }, [CONFIG_MAPS]);
      await untilCached();
      calls = 0;
    });
    afterEach(() => cached.close());

    it('costs no request for what carries the mark, right after it was written and deleted', async () => {
      await cached.apply(CONFIG_MAPS, configMap('cached', uid));
      expect((await cached.list(CONFIG_MAPS, selection())).items).toHaveLength(1);
      expect(await cached.get(CONFIG_MAPS, { namespace: 'default', name: 'cached' })).toMatchObject({ metadata: { name: 'cached' } });
      await cached.delete(CONFIG_MAPS, { namespace: 'default', name: 'cached' });
      expect((await cached.list(CONFIG_MAPS, selection())).items).toHaveLength(0);
      expect(calls).toBe(0);
    });

    it('asks for what is not in memory, which another may have made without the mark', async () => {
      const metadata = { namespace: 'default', name: `without-mark-${count}` };
      await client.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
      expect(await cached.get(CONFIG_MAPS, metadata)).toMatchObject({ metadata: { name: metadata.name } });
      await cached.apply(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
      await client.delete(CONFIG_MAPS, metadata);
      expect(await cached.get(CONFIG_MAPS, metadata)).toBeUndefined();
    });

    it('sees at once that what it deletes waits for a finalizer', async () => {
      const held = configMap(`held-${count}`, uid);
      await cached.apply(CONFIG_MAPS, { ...held, metadata: { ...held.metadata, finalizers: ['kupe.io/test'] } });
      expect(await cached.delete(CONFIG_MAPS, held.metadata)).toBe('deleting');
      expect((await cached.get(CONFIG_MAPS, held.metadata))?.metadata.deletionTimestamp).toBeDefined();
      await cached.apply(CONFIG_MAPS, { ...held, metadata: { ...held.metadata, finalizers: [] } });
    });

    it('fails while the API server is down, and answers nothing from memory', async () => {
      await cached.apply(CONFIG_MAPS, configMap(`down-${count}`, uid));
      await host.processes['kube-apiserver'].kill();
      const outcome = () =>
        cached.list(CONFIG_MAPS, selection()).then(
          () => 'answered',
          (error: Error) => error.name,
        );
      await expect.poll(outcome, { timeout: 20_000 }).toBe('ConnectionError');
      host.processes['kube-apiserver'].start();
      await host.untilReady();
      await untilCached();
      expect((await cached.list(CONFIG_MAPS, selection())).items).toHaveLength(1);
    });
  });
});
