import { systemClock } from '@openkupe/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOST_PROGRAMS, type Host, startHost } from '../../../../../conformance/kubernetes/host.ts';
import { NEEDS_KUBERNETES } from '../../../../../conformance/kubernetes/programs.ts';
import type { ClusterRef, FilledSecret } from '../engine.ts';
import { createKubernetesClient, type KubernetesClient } from './client.ts';
import { deleteClusterSecret, putClusterSecret } from './cluster-secrets.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { ensureRoleBindings } from './role-bindings.ts';

const REF: ClusterRef = { tenant: 'acme', name: 'production', uid: 'uid-one', type: 'shared' };
const SECRETS = { apiVersion: 'v1', plural: 'secrets' };
const NAMESPACES = { apiVersion: 'v1', plural: 'namespaces' };
const BINDINGS = { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterrolebindings' };

type Secret = KubernetesObject & { readonly data?: Readonly<Record<string, string>> };
type Binding = KubernetesObject & { readonly roleRef: { readonly name: string }; readonly subjects?: readonly { readonly name: string }[] };

describe.skipIf(!HOST_PROGRAMS)(`what openkupe writes into a cluster, at a real API server ${NEEDS_KUBERNETES}`, () => {
  let host: Host;
  let client: KubernetesClient;
  let secret: FilledSecret;
  let namespace: string;
  let count = 0;
  beforeAll(async () => {
    host = await startHost();
  });
  afterAll(() => host?.end());
  beforeEach(async () => {
    count += 1;
    namespace = `secrets-${count}`;
    client = createKubernetesClient(host);
    secret = { namespace, name: 'database', owner: 'uid-secret', version: '1', data: { user: 'u', password: 'x' } };
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  });
  afterEach(() => client.close());

  const put = (changes: Partial<FilledSecret> = {}) => putClusterSecret(client, REF, { ...secret, ...changes });
  const read = async () => {
    const found = await client.get<Secret>(SECRETS, secret);
    const values = Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
    return found && { data: Object.fromEntries(values), metadata: found.metadata };
  };
  const edit = (data: object, manager = 'kubectl') =>
    host.ask('PATCH', `/api/v1/namespaces/${namespace}/secrets/database?fieldManager=${manager}`, { data }, 'application/merge-patch+json');

  it('a Secret carries its marks, and its values follow', async () => {
    expect(await put()).toBe('stored');
    const { data, metadata } = (await read()) ?? {};
    expect(data).toEqual(secret.data);
    expect(metadata?.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'openkupe', 'kupe.io/cluster-uid': 'uid-one' });
    expect(metadata?.annotations).toMatchObject({ 'openkupe.dev/secret-uid': 'uid-secret', 'openkupe.dev/secret-version': '1' });
    expect(await put({ version: '2', data: { user: 'v', password: 'y' } })).toBe('stored');
    expect((await read())?.data).toEqual({ user: 'v', password: 'y' });
  });

  it('is not written again while nothing differs', async () => {
    await put();
    const before = (await read())?.metadata.resourceVersion;
    expect(await put()).toBe('stored');
    expect((await read())?.metadata.resourceVersion).toBe(before);
  });

  it('loses the keys that left the values, and those that were added by hand, and has changed ones put back', async () => {
    await put();
    expect(await put({ version: '2', data: { user: 'u' } })).toBe('stored');
    expect((await read())?.data).toEqual({ user: 'u' });
    await edit({ user: Buffer.from('changed').toString('base64'), extra: '', more: 'AA==' });
    expect(await put({ version: '2', data: { user: 'u' } })).toBe('stored');
    expect((await read())?.data).toEqual({ user: 'u' });
    await put({ version: '3', data: {} });
    expect((await read())?.data).toEqual({});
  });

  it('of another owner, or without the mark, is neither taken over nor removed', async () => {
    await put();
    expect(await put({ owner: 'uid-rival' })).toBe('owned-by-another');
    expect(await deleteClusterSecret(client, { ...secret, owner: 'uid-rival' })).toBe('gone');
    expect((await read())?.data).toEqual(secret.data);
    const foreign = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'foreign', namespace } };
    await client.create(SECRETS, foreign);
    expect(await put({ name: 'foreign' })).toBe('owned-by-another');
    expect(await deleteClusterSecret(client, { ...secret, name: 'foreign' })).toBe('gone');
    expect(await client.get(SECRETS, foreign.metadata)).toBeDefined();
  });

  it('is made by one of two owners that write at the same time', async () => {
    const results = await Promise.all(['uid-a', 'uid-b', 'uid-c'].map((owner) => put({ owner })));
    expect(results.sort()).toEqual(['owned-by-another', 'owned-by-another', 'stored']);
  });

  it('is removed, as often as it is asked, and then free for another owner', async () => {
    await put();
    for (const _time of [1, 2]) expect(await deleteClusterSecret(client, secret)).toBe('gone');
    expect(await put({ owner: 'uid-rival' })).toBe('stored');
  });

  it('says what the API server says: no namespace, a quota, no permission', async () => {
    expect(await put({ namespace: 'nowhere' })).toEqual({ refused: 'namespaces "nowhere" not found' });
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none', namespace }, spec: { hard: { secrets: '0' } } };
    await client.create({ apiVersion: 'v1', plural: 'resourcequotas' }, quota);
    let attempts = 0;
    const refused = async () => {
      attempts += 1;
      const result = await put({ name: `limited-${attempts}` });
      return typeof result === 'object' ? result.refused : result;
    };
    await expect.poll(refused, { timeout: 10_000 }).toMatch(/forbidden: exceeded quota: none, requested: secrets=1/);
    const nothing = await host.authority.issueClient('CN=nobody-special');
    const weak = createKubernetesClient({ ...host, credential: { type: 'certificate', ...nothing } });
    expect(await putClusterSecret(weak, REF, secret)).toMatchObject({ refused: expect.stringMatching(/cannot get resource "secrets"/) });
    await expect(deleteClusterSecret(weak, secret)).rejects.toMatchObject({ code: 403 });
    weak.close();
  });

  it('is not ready where nothing answers', async () => {
    const nowhere = createKubernetesClient({ ...host, server: 'https://127.0.0.1:1' });
    expect(await putClusterSecret(nowhere, REF, secret)).toBe('not-ready');
    expect(await deleteClusterSecret(nowhere, secret)).toBe('not-ready');
    nowhere.close();
  });

  describe('role bindings', () => {
    const binding = (name: string) => client.get<Binding>(BINDINGS, { name });
    const ensure = () => ensureRoleBindings(client, REF, systemClock);
    // NOTE: the rules of `view` are put together a while after the host is ready.
    beforeEach(async () => {
      await expect.poll(ensure, { timeout: 30_000 }).toBeUndefined();
      for (const name of ['openkupe-admin', 'openkupe-readonly']) await client.delete(BINDINGS, { name });
    });
    afterEach(async () => {
      for (const name of ['openkupe-admin', 'openkupe-readonly']) await client.delete(BINDINGS, { name });
    });

    it('are made, and put back when they were changed or deleted', async () => {
      expect(await ensure()).toBeUndefined();
      const made = await binding('openkupe-admin');
      expect(made).toMatchObject({ roleRef: { name: 'cluster-admin' }, subjects: [{ kind: 'Group', name: 'kupe:role:admin' }] });
      await ensure();
      expect((await binding('openkupe-admin'))?.metadata.resourceVersion).toBe(made?.metadata.resourceVersion);

      const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/openkupe-admin';
      await host.ask('PATCH', path, { subjects: [] }, 'application/merge-patch+json');
      await client.delete(BINDINGS, { name: 'openkupe-readonly' });
      expect(await ensure()).toBeUndefined();
      expect((await binding('openkupe-admin'))?.subjects).toMatchObject([{ name: 'kupe:role:admin' }]);
      expect(await binding('openkupe-readonly')).toMatchObject({ roleRef: { name: 'view' } });

      await client.delete(BINDINGS, { name: 'openkupe-admin' });
      const weaker = {
        ...made,
        metadata: { name: 'openkupe-admin', labels: made?.metadata.labels },
        roleRef: { ...made?.roleRef, name: 'edit' },
      };
      await client.create(BINDINGS, weaker as KubernetesObject);
      await ensure();
      expect((await binding('openkupe-admin'))?.roleRef.name).toBe('cluster-admin');
    });

    it('are made once the controller manager has put the rules of their roles together, and have an effect then', async () => {
      const controllers = host.processes['kube-controller-manager'];
      controllers.pause();
      try {
        const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/view';
        expect((await host.ask('PATCH', path, { rules: [] }, 'application/merge-patch+json')).status).toBe(200);
        expect(await ensure()).toEqual({
          reason: 'Its controller manager puts together what the ClusterRole "view" permits',
          isFaulty: false,
        });
        expect(await binding('openkupe-readonly')).toBeUndefined();
      } finally {
        controllers.resume();
      }
      const certificate = await host.authority.issueClient('O=kupe:role:readonly,CN=reader');
      const reader = createKubernetesClient({ ...host, credential: { type: 'certificate', ...certificate } });
      await expect.poll(ensure, { timeout: 30_000 }).toBeUndefined();
      expect((await reader.list({ apiVersion: 'v1', plural: 'pods' }, { namespace })).items).toEqual([]);
      reader.close();
    });

    it('of this name without the mark are left alone, and named', async () => {
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' };
      const foreign = { apiVersion: BINDINGS.apiVersion, kind: 'ClusterRoleBinding', metadata: { name: 'openkupe-readonly' }, roleRef };
      await client.create(BINDINGS, foreign);
      expect(await ensure()).toMatchObject({
        isFaulty: true,
        reason: expect.stringContaining('"openkupe-readonly" belongs to something else; delete it'),
      });
      expect((await binding('openkupe-readonly'))?.roleRef.name).toBe('edit');
    });
  });
});
