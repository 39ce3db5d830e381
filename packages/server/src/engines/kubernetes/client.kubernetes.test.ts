import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOST_PROGRAMS, type Host, startHost } from '../../../../../conformance/kubernetes/host.ts';
import { NEEDS_KUBERNETES } from '../../../../../conformance/kubernetes/programs.ts';
import { createKubernetesClient, type KubernetesClient } from './client.ts';
import type { KubernetesError } from './kubernetes-error.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}
interface Namespace extends KubernetesObject {
  readonly status?: { readonly phase: string };
}
const CONFIG_MAPS = { apiVersion: 'v1', plural: 'configmaps' };
const NAMESPACES = { apiVersion: 'v1', plural: 'namespaces' };
const namespaceOf = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

describe.skipIf(!HOST_PROGRAMS)(`the client, at a real API server ${NEEDS_KUBERNETES}`, () => {
  let host: Host;
  let client: KubernetesClient;
  let namespace: string;
  let count = 0;
  const configMap = (name: string, data: Record<string, string>): ConfigMap => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data,
  });

  beforeAll(async () => {
    host = await startHost();
  });
  afterAll(() => host?.end());
  beforeEach(async () => {
    client = createKubernetesClient(host);
    count += 1;
    namespace = `client-${count}`;
    await client.create(NAMESPACES, namespaceOf(namespace));
  });
  afterEach(() => client.close());

  it('applies, reads, lists and deletes', async () => {
    const one = await client.apply(CONFIG_MAPS, configMap('one', { a: '1', b: '1' }));
    expect(one.metadata.uid).toMatch(/-/);
    await client.apply(CONFIG_MAPS, configMap('one', { a: '2' }));
    expect((await client.get<ConfigMap>(CONFIG_MAPS, { namespace, name: 'one' }))?.data).toEqual({ a: '2' });
    expect(await client.get(CONFIG_MAPS, { namespace, name: 'two' })).toBeUndefined();
    await expect(client.delete(CONFIG_MAPS, { namespace, name: 'one' }, { uid: 'another' })).rejects.toMatchObject({ reason: 'Conflict' });
    for (const _time of [1, 2]) expect(await client.delete(CONFIG_MAPS, { namespace, name: 'one' })).toBe('gone');
  });

  it('reads a list in pages, as one', async () => {
    const names = Array.from({ length: 1_005 }, (_, index) => `many-${index}`);
    for (let from = 0; from < names.length; from += 50)
      await Promise.all(names.slice(from, from + 50).map((name) => client.create(CONFIG_MAPS, configMap(name, {}))));
    const { items, resourceVersion } = await client.list<ConfigMap>(CONFIG_MAPS, { namespace });
    expect(new Set(items.map(({ metadata }) => metadata.name)).size).toBe(1_006);
    expect(Number(resourceVersion)).toBeGreaterThan(0);
    const { items: one } = await client.list(CONFIG_MAPS, { namespace, fieldSelector: 'metadata.name=many-7' });
    expect(one).toHaveLength(1);
  });

  it('meets the fields of another manager as a conflict, and takes them only by force', async () => {
    await client.apply(CONFIG_MAPS, configMap('shared', { a: 'ours' }));
    const path = `/api/v1/namespaces/${namespace}/configmaps/shared?fieldManager=other&force=true`;
    expect((await host.ask('PATCH', path, configMap('shared', { a: 'theirs' }), 'application/apply-patch+yaml')).status).toBe(200);
    const conflict = await client.apply(CONFIG_MAPS, configMap('shared', { a: 'ours' })).catch((error: unknown) => error);
    expect(conflict).toMatchObject({
      code: 409,
      reason: 'Conflict',
      details: { causes: [{ reason: 'FieldManagerConflict', field: '.data.a' }] },
    });
    expect((await client.apply(CONFIG_MAPS, configMap('shared', { a: 'ours' }), { isForced: true })).data).toEqual({ a: 'ours' });
  });

  it('says that a namespace with objects is being deleted, and then that it is gone', async () => {
    await client.apply(CONFIG_MAPS, configMap('one', {}));
    expect(await client.delete(NAMESPACES, { name: namespace })).toBe('deleting');
    expect((await client.get<Namespace>(NAMESPACES, { name: namespace }))?.status?.phase).toBe('Terminating');
    const refusal = await client.apply(CONFIG_MAPS, configMap('two', {})).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 403, reason: 'Forbidden', details: { causes: [{ reason: 'NamespaceTerminating' }] } });
    await expect.poll(() => client.delete(NAMESPACES, { name: namespace }), { timeout: 30_000 }).toBe('gone');
  });

  it('asks for a token of a ServiceAccount, which a review knows', async () => {
    const below = { namespace, name: 'default', subresource: 'token' };
    const account = { apiVersion: 'v1', plural: 'serviceaccounts' };
    await expect.poll(() => client.get(account, { namespace, name: 'default' }), { timeout: 20_000 }).toBeDefined();
    const asked = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } };
    const { status } = (await client.create(account, asked, { below })) as typeof asked & { status: { token: string } };
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: status.token } };
    const reviewed = await client.create({ apiVersion: 'authentication.k8s.io/v1', plural: 'tokenreviews' }, review);
    expect(reviewed).toMatchObject({ status: { authenticated: true, user: { username: `system:serviceaccount:${namespace}:default` } } });
    const asAccount = createKubernetesClient({ ...host, credential: { type: 'token', token: status.token } });
    await expect(asAccount.get(CONFIG_MAPS, { namespace, name: 'one' })).rejects.toMatchObject({ code: 403, reason: 'Forbidden' });
    asAccount.close();
  });

  it('reads /readyz and /version', async () => {
    expect(await client.raw('/readyz')).toBe('ok');
    expect(JSON.parse(await client.raw('/version'))).toMatchObject({ gitVersion: 'v1.36.3' });
  });

  it('is refused with an expired client certificate', async () => {
    const expired = await host.authority.issueClient('O=system:masters,CN=late', {
      from: Date.now() - 7_200_000,
      to: Date.now() - 3_600_000,
    });
    const late = createKubernetesClient({ ...host, credential: { type: 'certificate', ...expired } });
    await expect(late.get(CONFIG_MAPS, { namespace, name: 'one' })).rejects.toMatchObject({ code: 401, reason: 'Unauthorized' });
    late.close();
  });

  describe('refused by priority and fairness', () => {
    const API = 'flowcontrol.apiserver.k8s.io/v1';
    const LEVELS = { apiVersion: API, plural: 'prioritylevelconfigurations' };
    const SCHEMAS = { apiVersion: API, plural: 'flowschemas' };
    let throttled: KubernetesClient;
    /** The codes of twelve requests that are sent at the same time. */
    const together = (send: () => Promise<unknown>) =>
      Promise.all(
        Array.from({ length: 12 }, () =>
          send().then(
            () => 200,
            (error: { code?: number }) => error.code,
          ),
        ),
      );

    beforeEach(async () => {
      const limited = { nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } };
      const resourceRules = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }];
      const rules = [
        {
          subjects: [{ kind: 'User', user: { name: 'throttled' } }],
          resourceRules,
          nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
        },
      ];
      const level = {
        apiVersion: API,
        kind: 'PriorityLevelConfiguration',
        metadata: { name: 'closed' },
        spec: { type: 'Limited', limited },
      };
      const spec = { priorityLevelConfiguration: { name: 'closed' }, matchingPrecedence: 100, rules };
      await client.apply(LEVELS, level);
      await client.apply(SCHEMAS, { apiVersion: API, kind: 'FlowSchema', metadata: { name: 'closed' }, spec } as KubernetesObject);
      throttled = createKubernetesClient({
        ...host,
        credential: { type: 'certificate', ...(await host.authority.issueClient('CN=throttled')) },
      });
    });
    afterEach(async () => {
      throttled.close();
      await client.delete(SCHEMAS, { name: 'closed' });
      await client.delete(LEVELS, { name: 'closed' });
    });

    // NOTE: a level without a seat runs one request at a time and refuses what comes meanwhile, so that some rounds meet no refusal.
    it('waits as its Retry-After says, until every request was let through', async () => {
      const refusals: KubernetesError[] = [];
      const refuse = () => together(() => throttled.raw('/version').catch((error: KubernetesError) => refusals.push(error)));
      await expect.poll(() => refuse().then(() => refusals.length), { timeout: 20_000 }).toBeGreaterThan(0);
      expect(refusals[0]).toMatchObject({ name: 'KubernetesError', code: 429 });
      // NOTE: the API server asks for more the longer it has had to refuse.
      for (const { retryAfterMs } of refusals) expect(retryAfterMs).toBeGreaterThanOrEqual(1_000);

      const codes = new Set<unknown>();
      const round = async () => {
        const beganMs = performance.now();
        for (const code of await together(() => throttled.get(CONFIG_MAPS, { namespace, name: 'one' }))) codes.add(code);
        return performance.now() - beganMs;
      };
      await expect.poll(round, { timeout: 30_000 }).toBeGreaterThan(1_000);
      // NOTE: authorization comes after priority and fairness, and this user may do nothing.
      expect([...codes]).toEqual([403]);
    });
  });

  it('ends in time while the API server does not answer, and goes on when it does', async () => {
    host.processes['kube-apiserver'].pause();
    try {
      await expect(client.get(CONFIG_MAPS, { namespace, name: 'one' }, { signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
        name: 'TimeoutError',
      });
    } finally {
      host.processes['kube-apiserver'].resume();
    }
    expect(await client.raw('/readyz')).toBe('ok');
  });

  it('watches, and learns that a version is too old', async () => {
    const { resourceVersion } = await client.list(CONFIG_MAPS, { namespace });
    const seen: string[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const { type, object } of await client.watch<ConfigMap>(CONFIG_MAPS, { namespace, resourceVersion, signal: stop.signal }))
        seen.push(`${type} ${object.metadata.name}`);
    })();
    await client.apply(CONFIG_MAPS, configMap('one', {}));
    await client.apply(CONFIG_MAPS, configMap('one', { a: '1' }));
    await client.delete(CONFIG_MAPS, { namespace, name: 'one' });
    await expect.poll(() => seen.slice(-3), { timeout: 10_000 }).toEqual(['ADDED one', 'MODIFIED one', 'DELETED one']);
    stop.abort(new Error('enough'));
    await expect(watching).rejects.toThrow('enough');

    await host.expireVersions();
    const old = async () => {
      for await (const event of await client.watch(CONFIG_MAPS, { namespace, resourceVersion })) return event;
    };
    await expect(old()).rejects.toMatchObject({ code: 410, reason: 'Expired' });
  });
});
