import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionDetails } from '@openkupe/contract';
import { describe, expect, onTestFinished } from 'vitest';
import { type Client, createClient } from '../client.ts';
import { untilGone, untilPhase } from '../clusters.ts';
import { askCluster } from '../connect-to-cluster.ts';
import { hasPostgres, NEEDS_POSTGRES } from '../postgres-server.ts';
import { startReplicas } from '../replicas.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { QUICK } from './kill/quick-settings.ts';

const CLUSTERS = 8;
const PROVISIONING_MS = 1_000;
const SETTINGS = { ...QUICK, OPENKUPE_SANDBOX_PROVISIONING_SECONDS: String(PROVISIONING_MS / 1_000) };
/** How long work may lie after a process was asked to stop, besides what the work itself takes. A quiet machine takes about half a second. */
const HAND_OVER_MS = 4_000;
/** The same after kill -9: far less than the lease of 30 s. */
const TAKE_OVER_MS = 6_000;

async function replicas(ofFirst: Readonly<Record<string, string>> = {}) {
  const all = await startReplicas(SETTINGS, { ofFirst });
  onTestFinished(() => all.stop());
  return all;
}

/** Asks for clusters; resolves when all are accepted, so that they are being made. */
async function beginClusters(client: Client): Promise<string[]> {
  expect((await client.call('PATCH', '.', { body: { plan: 'enterprise' } })).status).toBe(200);
  const names = Array.from({ length: CLUSTERS }, (_, index) => `cluster-${index}`);
  for (const name of names) expect((await client.call('POST', './clusters', { body: { name } })).status).toBe(201);
  await untilPhase(client, `./clusters/${names[0]}`, 'Provisioning');
  return names;
}

const untilAllRun = (client: Client, names: readonly string[]) =>
  Promise.all(names.map((name) => untilPhase(client, `./clusters/${name}`, 'Running')));

/** Asks the API server of a cluster, as kubectl does with what this replica says of it. */
async function askByKubeconfig(client: Client, name: string) {
  const { endpoint, certificateAuthority } = (await client.call<ConnectionDetails>('GET', `./clusters/${name}/kubeconfig`)).body;
  const ca = Buffer.from(certificateAuthority, 'base64').toString('utf8');
  return { endpoint, ca, answer: await askCluster(endpoint, ca, '/version') };
}

describe.skipIf(!hasPostgres)(`two processes on one database ${NEEDS_POSTGRES}`, () => {
  for (const [how, limitMs] of [
    ['SIGTERM', HAND_OVER_MS],
    ['SIGKILL', TAKE_OVER_MS],
  ] as const) {
    testOfOwnServer(`${how} of the one that makes clusters: the other one finishes them, without waiting for a lease`, async () => {
      const { first, add } = await replicas();
      const second = createClient(await add());
      const names = await beginClusters(second);
      const began = Date.now();
      first.process.signal(how);
      await untilAllRun(second, names);
      const tookMs = Date.now() - began;
      console.log(`${how}: ${CLUSTERS} clusters were finished ${tookMs - PROVISIONING_MS} ms later than they take`);
      expect(tookMs).toBeLessThan(PROVISIONING_MS + limitMs);
    });
  }

  testOfOwnServer('a cluster keeps endpoint and CA when another process takes over, and what is deleted then is gone', async () => {
    const { first, add, restart } = await replicas();
    const second = createClient(await add());
    const [name = ''] = await beginClusters(second);
    await untilPhase(second, `./clusters/${name}`, 'Running');
    const before = await askByKubeconfig(second, name);
    expect(before.answer.status).toBe(200);
    await first.stop();
    let after = await askByKubeconfig(second, name).catch(() => undefined);
    for (; !after; await sleep(50)) after = await askByKubeconfig(second, name).catch(() => undefined);
    expect(after).toEqual(before);
    const third = createClient(await restart(first));
    expect((await third.call('DELETE', `./clusters/${name}`)).status).toBeLessThan(300);
    await untilGone(third, `./clusters/${name}`);
    await expect(askCluster(before.endpoint, before.ca, '/version')).rejects.toThrow();
  });
});

describe.skipIf(!hasPostgres)(`roles ${NEEDS_POSTGRES}`, () => {
  testOfOwnServer('a process with the role api makes no cluster; one with the role workers does, and serves no API', async () => {
    const { first, add } = await replicas({ OPENKUPE_ROLE: 'api' });
    const api = createClient(first);
    expect((await api.call('POST', './clusters', { body: { name: 'patient' } })).status).toBe(201);
    const explained = await api.call<{ next: string }>('GET', './clusters/patient/explain');
    expect([explained.status, explained.body.next]).toEqual([200, 'record']);
    const workers = await add({ OPENKUPE_ROLE: 'workers', OPENKUPE_METRICS_PORT: '0' });
    await untilPhase(api, './clusters/patient', 'Running');
    const metricsUrl = /Metrics for Prometheus are at (\S+)/.exec(workers.process.output.stdout)?.[1] ?? '';
    expect(await (await fetch(metricsUrl)).text()).toContain('\nopenkupe_working 1\n');
    const refused = await createClient({ ...first, host: workers.host }).call('GET', './clusters/patient');
    expect([refused.status, refused.headers['error-code'], refused.headers['retry-after']]).toEqual([503, 'workers-only', '2']);
    expect(refused.body).toEqual({ error: expect.stringContaining('OPENKUPE_ROLE=workers') });
    expect((await fetch(`${workers.host}/healthz`)).status).toBe(200);
    expect((await workers.stop()).code).toBe(0);
    expect((await api.call('GET', './clusters/patient')).status).toBe(200);
  });
});
