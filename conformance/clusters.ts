import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, ClusterCreate, ClusterPhase } from '@openkupe/contract';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import type { Client, HttpAnswer } from './client.ts';
import { isExistingServer, type ServerUnderTest } from './server-under-test.ts';

const POLL_MS = isExistingServer ? 2_000 : 50;
const PATIENCE_MS = isExistingServer ? 15 * 60_000 : 15_000;

/** A name that no cluster has. */
export const newName = (purpose: string) => `${purpose}-${randomBytes(4).toString('hex')}`;

/** A cluster made for one test. */
export interface MadeCluster {
  readonly name: string;
  /** For {@link Client.call}. */
  readonly path: string;
  /** The answer to the create. */
  readonly created: HttpAnswer<Cluster>;
}

async function remove(client: Client, path: string): Promise<void> {
  await client.call('DELETE', path);
  for (const started = Date.now(); Date.now() - started < PATIENCE_MS; await sleep(POLL_MS)) {
    if ((await client.call('GET', path)).status === 404) return;
  }
}

/** Creates a cluster under a new name. On a server that stays, it is deleted when the test has finished. */
export async function makeCluster(client: Client, fields: Partial<ClusterCreate> = {}): Promise<MadeCluster> {
  const name = newName('judge');
  const created = await client.call<Cluster>('POST', './clusters', { body: { name, ...fields } });
  expect(created.status, created.text).toBe(201);
  const path = `./clusters/${name}`;
  if (isExistingServer) onTestFinished(() => remove(client, path), PATIENCE_MS);
  return { name, path, created };
}

export const etagOf = (answer: HttpAnswer): string => {
  expect(answer.headers.etag, `no ETag on ${answer.status} ${answer.text.slice(0, 200)}`).toBeTypeOf('string');
  return String(answer.headers.etag);
};

/** Reads a cluster until it is as wanted, and returns that reading. */
export async function readUntil(client: Client, path: string, isWanted: (cluster: Cluster) => boolean): Promise<HttpAnswer<Cluster>> {
  let last: HttpAnswer<Cluster> | undefined;
  for (const started = Date.now(); Date.now() - started < PATIENCE_MS; await sleep(POLL_MS)) {
    last = await client.call<Cluster>('GET', path);
    if (last.status === 200 && isWanted(last.body)) return last;
  }
  throw new Error(`${path} did not become as wanted within ${PATIENCE_MS} ms; last seen: ${last?.status} ${last?.text}`);
}

/** Reads a cluster until it is in `phase`. */
export const untilPhase = (client: Client, path: string, phase: ClusterPhase) =>
  readUntil(client, path, (cluster) => cluster.status.phase === phase);

/** Reads a cluster until it answers 404. */
export async function untilGone(client: Client, path: string): Promise<void> {
  for (const started = Date.now(); Date.now() - started < PATIENCE_MS; await sleep(POLL_MS)) {
    if ((await client.call('GET', path)).status === 404) return;
  }
  throw new Error(`${path} was not gone within ${PATIENCE_MS} ms`);
}

/** One cluster for the tests of a file that only read it or do not care what it becomes: made and Running before them, deleted after. */
export function sharedCluster(server: ServerUnderTest, fields: Partial<ClusterCreate> = {}): Pick<MadeCluster, 'name' | 'path'> {
  const name = newName('shared');
  const path = `./clusters/${name}`;
  beforeAll(async () => {
    const client = server.client();
    const created = await client.call('POST', './clusters', { body: { name, ...fields } });
    expect(created.status, created.text).toBe(201);
    await untilPhase(client, path, 'Running');
  });
  afterAll(async () => {
    if (isExistingServer) await remove(server.client(), path);
  });
  return { name, path };
}
