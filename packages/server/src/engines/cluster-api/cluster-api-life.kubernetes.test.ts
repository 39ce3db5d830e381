import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OPERATOR_PREFIX, systemClock } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  applyClass,
  CLUSTER_API_PROGRAMS,
  type ClusterApiHost,
  installDefinitions,
  startManagers,
} from '../../../../../conformance/kubernetes/cluster-api-host.ts';
import { HOST_PROGRAMS, type Host, startHost } from '../../../../../conformance/kubernetes/host.ts';
import { NEEDS_KUBERNETES } from '../../../../../conformance/kubernetes/programs.ts';
import { type StartedServer, startServer } from '../../../../../conformance/start-server.ts';
import { createKubernetesClient } from '../kubernetes/client.ts';
import { createClusterApiEngine } from './cluster-api-engine.ts';
import { IN_MEMORY } from './testing/settings.ts';

/** A cluster as the API shows it, with what it waits for. */
interface Seen {
  readonly status: number;
  readonly phase: string;
  readonly version: string;
  readonly waitingFor: string;
}
const CLUSTERS = '/apis/cluster.x-k8s.io/v1beta2';
const LIFE_MS = 8 * 60_000;
/** One part of a life: about 45 s on two idle cores. */
const PART_MS = 3 * 60_000;

/**
 * A whole life of a dedicated cluster, by the API of the control plane, with the real controllers of Cluster API and the in-memory provider of its
 * own tests, whose machines and API servers are simulated. The control plane is killed in the middle of each part. One test: a life takes two minutes.
 */
describe.skipIf(!HOST_PROGRAMS || !CLUSTER_API_PROGRAMS)(`a dedicated cluster by Cluster API ${NEEDS_KUBERNETES}`, () => {
  let folder: string;
  let host: Host;
  let clusterApi: ClusterApiHost;
  let server: StartedServer;
  let variables: Record<string, string>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openkupe-cluster-api-'));
    host = await startHost();
    await installDefinitions(host);
    clusterApi = await startManagers(host);
    const file = join(folder, 'cluster-api.json');
    await writeFile(file, JSON.stringify(IN_MEMORY));
    variables = { OPENKUPE_ENGINE_DEDICATED: 'cluster-api', OPENKUPE_CLUSTER_API_FILE: file, OPENKUPE_HOST_KUBECONFIG: host.kubeconfig };
    server = await startServer({ dataFolder: join(folder, 'data'), variables });
    await allowDedicated();
  }, PART_MS);
  afterAll(async () => {
    await server?.stop();
    await clusterApi?.end();
    await host?.end();
    await rm(folder, { recursive: true, force: true });
  }, PART_MS);

  const allowDedicated = () =>
    new Promise((resolve, reject) => {
      const socketPath = join(server.dataFolder, 'operator.sock');
      const path = `${OPERATOR_PREFIX}/tenants/${server.tenant}`;
      const sent = request({ socketPath, method: 'PATCH', path, headers: { 'content-type': 'application/json' } }, (answer) => {
        answer.resume().once('end', resolve);
      });
      sent.once('error', reject).end(JSON.stringify({ allowsDedicated: true }));
    });
  async function send(method: string, path: string, body?: unknown) {
    const headers = { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' };
    const url = `${server.host}/api/v1/tenants/${server.tenant}/clusters${path}`;
    const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
  }
  /** Waits until the cluster is as `isThere` says. Resolves with the states that it passed through: phase, version, and what it waits for. */
  async function until(isThere: (cluster: Seen) => boolean): Promise<string[]> {
    const states: string[] = [];
    for (const startedMs = Date.now(); Date.now() - startedMs < PART_MS; await sleep(250)) {
      const [{ status, body }, explained] = await Promise.all([send('GET', '/production'), send('GET', '/production/explain')]);
      const { phase = '', kubernetesVersion: version = '' } = body.status ?? {};
      const seen = { status, phase, version, waitingFor: explained.body.waitingFor ?? '' };
      const state = `${phase} ${version} ${seen.waitingFor}`;
      if (states.at(-1) !== state) states.push(state);
      if (isThere(seen)) return states;
    }
    throw new Error(`It took too long. The cluster was:\n${states.join('\n')}`);
  }
  /** Kills the control plane, as a crash does, and starts another one on what is left. */
  async function crash(): Promise<void> {
    await server.kill();
    const { apiKey, tenant, dataFolder } = server;
    server = { ...(await startServer({ dataFolder, variables })), apiKey, tenant };
  }
  const namespacesOnHost = async (): Promise<string[]> => {
    const { body } = await host.ask('GET', '/api/v1/namespaces?labelSelector=app.kubernetes.io%2Fmanaged-by%3Dopenkupe');
    return (JSON.parse(body) as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name);
  };
  /** The in-memory provider's API server has no server-side apply, so a Secret can be made and deleted there, and not be changed. */
  async function checkSecrets(uid: string): Promise<void> {
    const tokenReview = { url: 'https://127.0.0.1:1/', credentialFor: () => '' };
    const client = createKubernetesClient(host);
    const engine = createClusterApiEngine({ host: client, settings: IN_MEMORY, clock: systemClock, tokenReview });
    const ref = { tenant: 'demo', name: 'production', uid, type: 'dedicated' } as const;
    const secret = { namespace: 'default', name: 'database', owner: 'uid-secret', version: '1', data: { password: 'x' } };
    expect(await engine.putSecret(ref, secret)).toBe('stored');
    expect(await engine.putSecret(ref, { ...secret, owner: 'rival' })).toBe('owned-by-another');
    expect(await engine.putSecret(ref, { ...secret, version: '2' })).toEqual({ refused: expect.stringContaining('415') });
    // NOTE: it answers a deletion with no body, so that the first call cannot say that it is done.
    await expect.poll(() => engine.deleteSecret(ref, secret)).toBe('gone');
    await engine.close();
  }

  it('is made, upgraded and deleted, whenever the control plane is killed', { timeout: LIFE_MS, retry: 0 }, async () => {
    const create = { name: 'production', type: 'dedicated', version: '1.35', resources: { cpu: '6', memory: '8Gi' } };
    expect((await send('POST', '', { ...create, resources: { cpu: '13' } })).body.error).toMatch(/^resources need 4 nodes/);
    expect((await send('POST', '', create)).status).toBe(201);
    await until(({ waitingFor }) => waitingFor === 'There is no ClusterClass "in-memory" in namespace "kupe-classes" on the host');
    expect(await namespacesOnHost()).toEqual([]);

    await applyClass(host, 'kupe-classes', '1s');
    await until(({ phase, waitingFor }) => phase !== 'Pending' && /Control plane|DevCluster/.test(waitingFor));
    await crash();
    await until(({ phase }) => phase === 'Running');
    const { body: access } = await send('GET', '/production/kubeconfig');
    expect(access).toMatchObject({ endpoint: expect.stringMatching(/^https:\/\/127\.0\.0\.2:2\d{4}$/) });
    const [namespace = ''] = await namespacesOnHost();
    expect(namespace).toMatch(/^kupe-[0-9a-f]{8}-production$/);

    const onHost = JSON.parse((await host.ask('GET', `${CLUSTERS}/namespaces/${namespace}/clusters/production`)).body);
    expect(onHost.spec.topology.workers.machineDeployments[0].replicas).toBe(2);
    await checkSecrets(onHost.metadata.labels['kupe.io/cluster-uid']);

    expect((await send('PATCH', '/production', { version: '1.36' })).status).toBe(200);
    await until(({ waitingFor }) => waitingFor.startsWith('Cluster is upgrading to v1.36.3'));
    expect((await send('PATCH', '/production', { version: '1.35' })).status).toBe(409);
    await crash();
    await until(({ phase, version }) => phase === 'Running' && version === 'v1.36.3');
    expect((await send('GET', '/production/kubeconfig')).body).toEqual(access);

    expect((await send('DELETE', '/production')).status).toBe(204);
    await until(({ phase, waitingFor }) => phase === 'Terminating' && waitingFor !== '');
    await crash();
    await until(({ status }) => status === 404);
    expect(await namespacesOnHost()).toEqual([]);
  });
});
