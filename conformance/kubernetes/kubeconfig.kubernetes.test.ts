import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiKeyWithSecret, Cluster } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Client, createClient } from '../client.ts';
import { newName } from '../clusters.ts';
import { type StartedServer, startServer } from '../start-server.ts';
import { NEEDS_KUBERNETES, programsOf } from './programs.ts';

const PROGRAMS = programsOf('l1');
const CLI = fileURLToPath(new URL('../../packages/cli/bin/openkupe.cjs', import.meta.url));
const NAMESPACES = '/api/v1/namespaces';
const RUNNING_MS = 120_000;

describe.skipIf(!PROGRAMS)(`a cluster of real programs, by the kubeconfig of the CLI ${NEEDS_KUBERNETES}`, () => {
  let server: StartedServer;
  let client: Client;
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'openkupe-home-'));
    server = await startServer({ variables: { OPENKUPE_ENGINE: 'local', OPENKUPE_KUBERNETES_PROGRAMS: PROGRAMS ?? '' } });
    client = createClient(server);
    expect((await client.call('POST', './clusters', { body: { name: 'web' } })).status).toBe(201);
    const phase = async () => (await client.call<Cluster>('GET', './clusters/web')).body.status.phase;
    await expect.poll(phase, { timeout: RUNNING_MS, interval: 50 }).toBe('Running');
  }, RUNNING_MS + 60_000);
  afterAll(async () => {
    await server?.stop();
    await rm(home, { recursive: true, force: true });
  });

  /** Merges the kubeconfig with this key into a file of its own, and sends what kubectl would by it. */
  async function merge(key: string, flags: readonly string[] = []) {
    const file = join(home, `config-${Math.random()}`);
    const env = { HOME: home, PATH: process.env.PATH ?? '', KUPE_HOST: server.host, KUPE_TENANT: server.tenant, KUPE_API_KEY: key };
    const { status, stderr } = spawnSync(process.execPath, [CLI, 'cluster', 'kubeconfig', 'web', '--merge', '--file', file, ...flags], {
      env,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    const { clusters, users } = parse(await readFile(file, 'utf8'));
    const decoded = (base64: string | undefined) => (base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString());
    const { cluster } = clusters[0];
    const { user } = users[0];
    const tls = {
      ca: decoded(cluster['certificate-authority-data']),
      cert: decoded(user['client-certificate-data']),
      key: decoded(user['client-key-data']),
    };
    const authorization = user.token === undefined ? {} : { authorization: `Bearer ${user.token}` };
    return (method: string, path: string, body?: object) =>
      new Promise<number>((resolve, reject) => {
        const headers = { ...authorization, ...(body && { 'content-type': 'application/json' }) };
        const sent = request(new URL(path, cluster.server), { method, ...tls, headers, agent: false }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode ?? 0));
        });
        sent.once('error', reject);
        sent.end(body && JSON.stringify(body));
      });
  }
  const keyOf = async (role: string) =>
    (await client.call<ApiKeyWithSecret>('POST', './apikeys', { body: { displayName: role, role } })).body;

  test.each([[[]], [['--certificate', '--lifetime', '10m']]])(
    '%j: an admin creates, a reader reads, a revoked key does neither',
    async (flags) => {
      const admin = await merge(server.apiKey, flags);
      const name = newName('made');
      expect([await admin('GET', NAMESPACES), await admin('POST', NAMESPACES, { metadata: { name } })]).toEqual([200, 201]);
      const { id, key } = await keyOf('readonly');
      const reader = await merge(key, flags);
      const pods = `${NAMESPACES}/${name}/pods`;
      expect([await reader('GET', pods), await reader('POST', NAMESPACES, { metadata: { name: 'no' } })]).toEqual([200, 403]);
      expect((await client.call('DELETE', `./apikeys/${id}`)).status).toBe(204);
      await expect.poll(() => reader('GET', pods), { timeout: 1_500, interval: 20 }).toBeGreaterThan(400);
    },
  );
});
