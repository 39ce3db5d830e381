import { CLUSTER_MOVES, type Cluster, type ClusterPhase, type ConnectionDetails } from '@openkupe/contract';
import { describe, expect, test } from 'vitest';
import { etagOf, makeCluster, newName, readUntil, untilGone, untilPhase } from '../clusters.ts';
import { askCluster } from '../connect-to-cluster.ts';
import { expectRefusal } from '../expect-refusal.ts';
import { isExistingServer, serverUnderTest } from '../server-under-test.ts';

const server = serverUnderTest();

/** Clusters take their time, and do not mind each other; on a server that stays, one at a time is enough. */
const life = isExistingServer ? describe : describe.concurrent;

const DETAILS = ['kubeconfig', 'connection-details'] as const;

life('making a cluster', () => {
  test('S9, S14: 404 before it is asked for, 503 until it is ready, then where it answers and the CA to trust', async () => {
    const client = server.client();
    const name = newName('life');
    for (const details of DETAILS) expectRefusal(await client.call('GET', `./clusters/${name}/${details}`), 404, name);
    const { path } = await makeCluster(client);
    for (const details of DETAILS) {
      const early = await client.call('GET', `${path}/${details}`);
      expectRefusal(early, 503, /Pending|Provisioning/, /not yet ready/);
      expect(early.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }

    const running = await untilPhase(client, path, 'Running');
    const answers = await Promise.all(DETAILS.map((details) => client.call<ConnectionDetails>('GET', `${path}/${details}`)));
    const [first, second] = answers;
    expect(first?.status).toBe(200);
    expect(second?.text).toBe(first?.text);
    const { endpoint, certificateAuthority } = first?.body ?? { endpoint: '', certificateAuthority: '' };
    expect(endpoint).toBe(running.body.status.endpoint);
    const pem = Buffer.from(certificateAuthority, 'base64').toString('utf8');
    expect(pem).toMatch(/^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\n?$/);
    expect(Buffer.from(pem).toString('base64'), 'strict base64').toBe(certificateAuthority);

    const version = await askCluster(endpoint, pem, '/version');
    expect(version.status).toBe(200);
    expect(version.body).toMatchObject({ gitVersion: running.body.status.kubernetesVersion });
  });

  test('S14: the CA of one cluster is not that of another', async () => {
    const client = server.client();
    const paths = [(await makeCluster(client)).path, (await makeCluster(client)).path];
    const [one, other] = await Promise.all(
      paths.map(async (path) => {
        await untilPhase(client, path, 'Running');
        return (await client.call<ConnectionDetails>('GET', `${path}/kubeconfig`)).body;
      }),
    );
    const foreign = Buffer.from(other?.certificateAuthority ?? '', 'base64').toString('utf8');
    await expect(askCluster(one?.endpoint ?? '', foreign, '/version')).rejects.toThrow(/certificate|signature/i);
  });

  test('what was sent is echoed as it was written, and what was left out has its default', async () => {
    const client = server.client();
    const sent = {
      displayName: 'Größe "1"',
      version: '1.32',
      resources: { cpu: '1500m', memory: '1.5Gi', storage: '50000000k' },
      alerts: {},
    };
    const { name, path, created } = await makeCluster(client, sent);
    expect(created.body).toMatchObject({ name, type: 'shared', highAvailability: false, generation: 1, warnings: [], ...sent });
    expect(created.body.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect((await client.call('GET', path)).body).toMatchObject(sent);

    const bare = await makeCluster(client, { displayName: '', version: '' });
    expect(bare.created.body).toMatchObject({ displayName: bare.name, resources: {} });
    expect(bare.created.body.version).toMatch(/^1\.\d+$/);
  });

  test('only the moves of the life cycle are seen, from Pending to Running', async () => {
    const client = server.client({ connections: 1 });
    const { path, created } = await makeCluster(client);
    const seen: ClusterPhase[] = [created.body.status.phase];
    await readUntil(client, path, ({ status: { phase } }) => {
      if (phase !== seen.at(-1)) seen.push(phase);
      return phase === 'Running';
    });
    expect(seen[0]).toBe('Pending');
    for (const [index, phase] of seen.slice(1).entries()) expect(CLUSTER_MOVES[seen[index] as ClusterPhase]).toContain(phase);
  });
});

life('changing a cluster', () => {
  test('a new version shows as Upgrading in the answer, and is observed at the end', async () => {
    const client = server.client();
    const { path } = await makeCluster(client, { version: '1.31' });
    const before = await untilPhase(client, path, 'Running');
    expect(before.body.status.kubernetesVersion).toMatch(/^v1\.31\.\d+$/);
    const { body } = await client.call<Cluster>('PATCH', path, { body: { version: '1.32' } });
    expect(body).toMatchObject({ version: '1.32', generation: 2, status: { phase: 'Upgrading', observedGeneration: 1 } });
    expect((await client.call('GET', `${path}/kubeconfig`)).status, 'it stays reachable').toBe(200);
    const after = await readUntil(client, path, ({ status }) => status.observedGeneration >= body.generation);
    expect(after.body.status).toMatchObject({ phase: 'Running', kubernetesVersion: expect.stringMatching(/^v1\.32\.\d+$/) });
  });

  test('quantities that are left out keep their value, and an empty object clears them', async () => {
    const client = server.client();
    const { path } = await makeCluster(client, { resources: { cpu: '1', memory: '2Gi', storage: '10Gi' } });
    const patch = async (resources: object) => (await client.call<Cluster>('PATCH', path, { body: { resources } })).body.resources;
    expect(await patch({ memory: '4Gi' })).toEqual({ cpu: '1', memory: '4Gi', storage: '10Gi' });
    expect(await patch({})).toEqual({});
    expect(await patch({ cpu: '0.5' })).toEqual({ cpu: '0.5' });
  });

  test('an empty version beside other fields changes nothing, as an older client needs', async () => {
    const client = server.client();
    const { path } = await makeCluster(client, { version: '1.31' });
    const { status, body } = await client.call<Cluster>('PATCH', path, { body: { version: '', alerts: { a: 1 } } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ version: '1.31', alerts: { a: 1 } });
  });
});

life('deleting a cluster', () => {
  test('S9, S10, S30: 204, then Terminating, then 404; its name is taken until then and a repeat does no harm', async () => {
    const client = server.client();
    const { name, path } = await makeCluster(client);
    const running = await untilPhase(client, path, 'Running');
    expect(await client.call('DELETE', path)).toMatchObject({ status: 204, text: '' });

    const terminating = await client.call<Cluster>('GET', path);
    expect(terminating).toMatchObject({ status: 200, body: { status: { phase: 'Terminating' } } });
    expectRefusal(await client.call('POST', './clusters', { body: { name } }), 409, name, 'deleted');
    expectRefusal(await client.call('PATCH', path, { body: { version: '1.33' } }), 409, name, 'deleted');
    expectRefusal(await client.call('PATCH', path, { body: { version: '1.33' }, headers: { 'if-match': etagOf(running) } }), 412);
    expect((await client.call('DELETE', path)).status, 'repeated').toBe(204);

    await untilGone(client, path);
    expectRefusal(await client.call('DELETE', path), 404, name);
    expectRefusal(await client.call('PATCH', path, { body: { version: '1.33' } }), 404, name);
    await expect(askCluster(running.body.status.endpoint, '', '/version')).rejects.toThrow();
  });

  test('S30: a name that was used again is a new cluster, and a late repeat with the old tag does not delete it', async () => {
    const client = server.client();
    const { name, path, created } = await makeCluster(client);
    const headers = { 'if-match': etagOf(created) };
    expect((await client.call('DELETE', path, { headers })).status).toBe(204);
    await untilGone(client, path);
    const again = await client.call<Cluster>('POST', './clusters', { body: { name } });
    expect(again).toMatchObject({ status: 201, body: { generation: 1, status: { phase: 'Pending' } } });
    expect(again.body.resourceVersion).not.toBe(created.body.resourceVersion);
    expectRefusal(await client.call('DELETE', path, { headers }), 412);
    expect((await client.call('GET', path)).status).toBe(200);
    await client.call('DELETE', path);
  });

  test('a cluster that is not ready yet can be deleted', async () => {
    const client = server.client();
    const { path } = await makeCluster(client);
    expect((await client.call('DELETE', path)).status).toBe(204);
    await untilGone(client, path);
  });
});
