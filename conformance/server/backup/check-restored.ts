import type { ApiKey, ApiKeyWithSecret, Cluster, Tenant } from '@openkupe/contract';
import { expect } from 'vitest';
import { issueKey } from '../../api-keys.ts';
import { type Client, createClient } from '../../client.ts';
import { etagOf, newName, readUntil, untilGone } from '../../clusters.ts';
import type { StartedServer } from '../../start-server.ts';
import type { Ledger, Written } from '../kill/writers.ts';

const newest = (changes: readonly Written<Cluster>[]) => Math.max(0, ...changes.map(({ answer }) => Number(answer?.body.resourceVersion)));

async function checkKeys(client: Client, { keys }: Ledger): Promise<void> {
  const { items } = (await client.call<{ items: ApiKey[] }>('GET', './apikeys')).body;
  const ids = new Set(items.map(({ id }) => id));
  for (const { answer, sent } of keys) expect(ids.has(answer?.body.id ?? ''), `${sent.displayName} is there`).toBe(true);
  for (const { answer, sent, idempotencyKey = '' } of keys.slice(-10)) {
    expect((await client.call('GET', './clusters', { key: answer?.body.key ?? '' })).status, 'the key works').toBe(200);
    const again = await client.call('POST', './apikeys', { body: sent, headers: { 'idempotency-key': idempotencyKey } });
    expect(again.text === answer?.text, 'a repeated create gets the answer of before').toBe(true);
  }
}

/** Nothing that was acknowledged before the backup began is missing; what was written meanwhile may be there as a whole. */
async function checkClusters(client: Client, { clusters, sequences, shared, counter }: Ledger): Promise<void> {
  for (const { sent, answer } of clusters) {
    const { body, status } = await client.call<Cluster>('GET', `./clusters/${sent.name}`);
    expect(status, String(sent.name)).toBe(200);
    expect(Number(body.resourceVersion)).toBeGreaterThanOrEqual(Number(answer?.body.resourceVersion));
  }
  for (const { name, changes } of sequences) {
    const { body } = await client.call<Cluster>('GET', `./clusters/${name}`);
    expect(Number(body.alerts?.step), name).toBeGreaterThanOrEqual(changes.length);
    expect(body.generation, name).toBe(Number(body.alerts?.step) + 1);
    expect(Number(body.resourceVersion)).toBeGreaterThanOrEqual(newest(changes));
  }
  const { body } = await client.call<Cluster>('GET', './clusters/shared');
  expect(Number(body.resourceVersion)).toBeGreaterThanOrEqual(newest(shared.changes));
  const counted = (await client.call<Cluster>('GET', './clusters/counter')).body;
  expect(Number(counted.alerts?.count)).toBeGreaterThanOrEqual(counter.changes.length);
  expect(counted.alerts?.count).toBe(counted.generation - 1);
}

/** Versions and keys go on from where they were: a cluster's whole life, locking, and a key from its issue to its end. */
async function checkLifeGoesOn(client: Client, ledger: Ledger): Promise<void> {
  const path = `./clusters/${newName('after')}`;
  const created = await client.call<Cluster>('POST', './clusters', { body: { name: path.slice('./clusters/'.length) } });
  expect(created.status, created.text).toBe(201);
  expect(Number(created.body.resourceVersion)).toBeGreaterThan(newest(ledger.shared.changes));
  const running = await readUntil(client, path, ({ status }) => status.phase === 'Running');
  const patch = () => client.call('PATCH', path, { body: { alerts: { after: 'the restore' } }, headers: { 'if-match': etagOf(running) } });
  expect([(await patch()).status, (await patch()).status]).toEqual([200, 412]);
  expect((await client.call('DELETE', path)).status).toBeLessThan(300);
  await untilGone(client, path);
  const issued: ApiKeyWithSecret = await issueKey(client, 'readonly');
  const read = async () => (await client.call('GET', './clusters', { key: issued.key })).status;
  expect(await read()).toBe(200);
  await client.call('DELETE', `./apikeys/${issued.id}`);
  expect(await read()).toBe(401);
}

/** The CA in the kubeconfig of a cluster. */
export async function authorityOf(client: Client, path: string): Promise<string> {
  const { text } = await client.call('GET', `${path}/kubeconfig`);
  return /certificate-authority-data"?: *"?([^\s"]+)/.exec(text)?.[1] ?? `no CA in ${text}`;
}

/** What a server that was restored has to show: `acknowledged` from before the backup began, the ETag of a cluster that was at rest. */
export async function checkRestored(
  server: Pick<StartedServer, 'host' | 'tenant' | 'apiKey'>,
  acknowledged: Ledger,
  atRest: { readonly path: string; readonly etag: string; readonly authority: string },
): Promise<void> {
  const client = createClient(server);
  const quiet = await client.call<Cluster>('GET', atRest.path);
  expect([quiet.status, quiet.headers.etag], quiet.text).toEqual([200, atRest.etag]);
  expect(await authorityOf(client, atRest.path), 'the cluster is the same one').toBe(atRest.authority);
  const { items } = (await client.call<{ items: Cluster[] }>('GET', './clusters')).body;
  expect((await client.call<Tenant>('GET', '.')).body.status.clusterCount).toBe(items.length);
  await checkKeys(client, acknowledged);
  await checkClusters(client, acknowledged);
  await checkLifeGoesOn(client, acknowledged);
}
