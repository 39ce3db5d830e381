import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ApiKey,
  addQuantities,
  type Cluster,
  formatInUnits,
  parseQuantity,
  type Quantity,
  type Tenant,
  ZERO_QUANTITY,
} from '@openkupe/contract';
import { expect } from 'vitest';
import { type Client, createClient } from '../../client.ts';
import type { StartedServer } from '../../start-server.ts';
import type { Ledger, Written } from './writers.ts';

const versionOf = (written: Written<Cluster>) => Number(written.answer?.body.resourceVersion ?? 0);
const newest = (changes: readonly Written<Cluster>[]) => Math.max(0, ...changes.map(versionOf));

/** Every key that was acknowledged is there once, whole, and works; of the others each is there once and whole, or not at all. */
async function checkKeys(client: Client, { keys }: Ledger): Promise<void> {
  const { items } = (await client.call<{ items: ApiKey[] }>('GET', './apikeys')).body;
  for (const { sent, answer } of keys) {
    const found = items.filter(({ displayName }) => displayName === sent.displayName);
    expect(found.length, String(sent.displayName)).toBeLessThanOrEqual(1);
    for (const item of found)
      expect(item).toMatchObject({ ...sent, id: expect.stringMatching(/^ak-/), createdBy: expect.stringContaining('@') });
    if (!answer) continue;
    expect(found[0]?.id, String(sent.displayName)).toBe(answer.body.id);
  }
  const works = keys.filter(({ answer }) => answer).slice(-10);
  for (const { answer } of works) expect((await client.call('GET', './clusters', { key: answer?.body.key ?? '' })).status).toBe(200);
}

/** A create that is repeated with its Idempotency-Key gets the old answer if it happened, and happens now if it had not: never both. */
async function checkRepeats(client: Client, { keys }: Ledger): Promise<void> {
  const repeated = [...keys.filter(({ answer }) => answer).slice(-5), ...keys.filter(({ answer }) => !answer)];
  for (const { sent, answer, idempotencyKey = '' } of repeated) {
    const again = await client.call('POST', './apikeys', { body: sent, headers: { 'idempotency-key': idempotencyKey } });
    expect(again.status, again.text.replace(/kupe_\S+/g, 'kupe_…')).toBe(201);
    if (answer) expect(again.text === answer.text, 'the answer that was given before').toBe(true);
  }
  const { items } = (await client.call<{ items: ApiKey[] }>('GET', './apikeys')).body;
  for (const { sent } of repeated) expect(items.filter(({ displayName }) => displayName === sent.displayName)).toHaveLength(1);
}

async function checkCreatedClusters(client: Client, { clusters }: Ledger): Promise<void> {
  for (const { sent, answer } of clusters) {
    const read = await client.call<Cluster>('GET', `./clusters/${sent.name}`);
    if (read.status === 404) expect(answer, String(sent.name)).toBeUndefined();
    else expect(read.body).toMatchObject({ ...sent, generation: 1 });
    if (answer) expect(Number(read.body.resourceVersion)).toBeGreaterThanOrEqual(Number(answer.body.resourceVersion));
  }
}

/** The last change that was acknowledged is there, or the one that was on its way; each counted exactly once. */
async function checkSequences(client: Client, { sequences }: Ledger): Promise<void> {
  for (const { name, changes } of sequences) {
    const { body } = await client.call<Cluster>('GET', `./clusters/${name}`);
    const acknowledged = changes.filter(({ answer }) => answer).length;
    const step = Number(body.alerts?.step);
    expect([acknowledged, changes.length], `${name}: acknowledged ${acknowledged}, sent ${changes.length}`).toContain(step);
    expect(body.generation, name).toBe(step + 1);
    expect(Number(body.resourceVersion)).toBeGreaterThanOrEqual(newest(changes));
  }
}

async function checkShared(client: Client, { shared }: Ledger): Promise<void> {
  const { body } = await client.call<Cluster>('GET', `./clusters/${shared.name}`);
  const acknowledged = shared.changes.filter(({ answer }) => answer);
  expect(body.generation).toBeGreaterThanOrEqual(acknowledged.length);
  expect(body.generation).toBeLessThanOrEqual(shared.changes.length);
  expect(Number(body.resourceVersion)).toBeGreaterThanOrEqual(newest(shared.changes));
  expect(new Set(acknowledged.map(versionOf)).size, 'no two changes share a version').toBe(acknowledged.length);
  const last = acknowledged.find((written) => versionOf(written) === Number(body.resourceVersion));
  const possible = last ? [last] : shared.changes.filter(({ answer }) => !answer);
  expect(possible.map(({ sent }) => sent.alerts)).toContainEqual(body.alerts);
}

/** Under If-Match no two writers wrote the same count, and the count is the number of changes. */
async function checkCounter(client: Client, { counter }: Ledger): Promise<void> {
  const { body } = await client.call<Cluster>('GET', `./clusters/${counter.name}`);
  const counts = counter.changes.filter(({ answer }) => answer).map(({ answer }) => Number(answer?.body.alerts?.count));
  expect(new Set(counts).size).toBe(counts.length);
  expect(Number(body.alerts?.count)).toBe(body.generation - 1);
  expect(Number(body.alerts?.count)).toBeGreaterThanOrEqual(Math.max(0, ...counts));
}

const DIMENSIONS = { cpu: '1', memory: '1Gi', storage: '1Gi' } as const;

/** The tenant's sums are those of the clusters that are there: both halves of every create were written, or none. */
async function checkSums(client: Client): Promise<void> {
  const { items } = (await client.call<{ items: Cluster[] }>('GET', './clusters')).body;
  const { status } = (await client.call<Tenant>('GET', '.')).body;
  expect(status.clusterCount).toBe(items.length);
  for (const [dimension, unit] of Object.entries(DIMENSIONS) as [keyof typeof DIMENSIONS, string][]) {
    const sum = items.reduce(
      (total, { resources }) => addQuantities(total, parseQuantity(resources[dimension] ?? '0') as Quantity),
      ZERO_QUANTITY,
    );
    expect(status.allocatedResources[dimension]).toBe(formatInUnits(sum, parseQuantity(unit) as Quantity));
  }
}

/** What the server had in hand when it died is leased to it for a while; the next one works on everything else at once. */
const IN_HAND = 4;
const SETTLED_MS = 20_000;

/** Versions go on from where they were, and the work that was waiting is done: clusters get to Running at their newest generation. */
async function checkLifeGoesOn(client: Client, ledger: Ledger): Promise<void> {
  const everything = [
    ...ledger.clusters,
    ...ledger.shared.changes,
    ...ledger.counter.changes,
    ...ledger.sequences.flatMap(({ changes }) => changes),
  ];
  const changed = await client.call<Cluster>('PATCH', `./clusters/${ledger.shared.name}`, { body: { alerts: { after: 'the crash' } } });
  expect(changed.status).toBe(200);
  expect(Number(changed.body.resourceVersion)).toBeGreaterThan(newest(everything));
  let unsettled: Cluster[] = [];
  for (const started = Date.now(); Date.now() - started < SETTLED_MS; await sleep(50)) {
    const { items } = (await client.call<{ items: Cluster[] }>('GET', './clusters')).body;
    unsettled = items.filter(({ status, generation }) => status.phase !== 'Running' || status.observedGeneration < generation);
    if (unsettled.length <= IN_HAND) break;
  }
  expect(unsettled.length, unsettled.map(({ name, status }) => `${name} ${status.phase}`).join()).toBeLessThanOrEqual(IN_HAND);
  for (const { status } of unsettled) expect(status.phase).not.toBe('Degraded');
}

/** Judges over HTTP alone what a server that was started again still knows of what was written before the end of the one before it. */
export async function checkSurvivors(server: StartedServer, ledger: Ledger): Promise<void> {
  const client = createClient(server);
  await checkKeys(client, ledger);
  await checkCreatedClusters(client, ledger);
  await checkSequences(client, ledger);
  await checkShared(client, ledger);
  await checkCounter(client, ledger);
  await checkSums(client);
  await checkRepeats(client, ledger);
  await checkLifeGoesOn(client, ledger);
}
