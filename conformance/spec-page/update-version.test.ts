import type { Cluster } from '@openkupe/contract';
import { describe, expect, test } from 'vitest';
import type { Client } from '../client.ts';
import { makeCluster } from '../clusters.ts';
import { serverUnderTest } from '../server-under-test.ts';
import { competingCurl, curlAskingFor } from './competing-curl.ts';
import { startHeaderCaseProxy } from './header-case-proxy.ts';
import { awksFound, runPageScript, SCRIPT_TEST_MS, type ScriptResult, type ScriptRun } from './run-page-script.ts';

const server = serverUnderTest();

interface Prepared {
  readonly client: Client;
  readonly path: string;
  run(how?: Partial<ScriptRun> & { competingWrites?: number }): Promise<ScriptResult>;
}

/** A cluster of its own on an older version, and the script aimed at it. */
async function prepare(): Promise<Prepared> {
  const client = server.client();
  const { name, path } = await makeCluster(client, { version: '1.31' });
  const { host, tenant, apiKey } = server;
  const url = `${host}/api/v1/tenants/${tenant}/clusters/${name}`;
  return {
    client,
    path,
    run: ({ competingWrites = 0, ...how } = {}) =>
      runPageScript('update-version.sh', {
        host,
        tenant,
        apiKey,
        cluster: name,
        programs: { curl: competingCurl(competingWrites, { url, apiKey }) },
        ...how,
      }),
  };
}

const versionOf = async ({ client, path }: Prepared) => (await client.call<Cluster>('GET', path)).body.version;
const conflicts = (count: number) => Array.from({ length: count }, (_, index) => `Conflict, retrying (attempt ${index + 1})\n`).join('');

describe('the script that updates a version under If-Match', { timeout: SCRIPT_TEST_MS }, () => {
  test.each(awksFound())('S22, S23, S26, S27: ends with "Updated", with %s', async (awk) => {
    const prepared = await prepare();
    expect(await prepared.run({ awk })).toMatchObject({ stdout: 'Updated\n', stderr: '', code: 0 });
    expect(await versionOf(prepared)).toBe('1.32');
    expect(await prepared.run({ awk }), 'repeated').toMatchObject({ stdout: 'Updated\n', code: 0 });
  });

  test.each([1, 2])('S24, S25: reports a conflict for each of %i competing writes, then succeeds', async (competingWrites) => {
    const prepared = await prepare();
    const result = await prepared.run({ competingWrites });
    expect(result).toMatchObject({ stdout: `${conflicts(competingWrites)}Updated\n`, stderr: '', code: 0 });
    const { body } = await prepared.client.call<Cluster>('GET', prepared.path);
    expect(body.version).toBe('1.32');
    expect(body.alerts, 'the competing write was kept').toMatchObject({ 'competing-write': competingWrites });
  });

  test('S24: gives up after three conflicts, and has changed nothing', async () => {
    const prepared = await prepare();
    const result = await prepared.run({ competingWrites: 3 });
    expect(result).toMatchObject({ stdout: conflicts(3), stderr: 'Gave up after 3 attempts\n', code: 1 });
    expect(await versionOf(prepared)).toBe('1.31');
  });

  test('S29: prints why it failed when the cluster does not exist', async () => {
    const { run } = await prepare();
    const result = await run({ cluster: 'not-there' });
    expect(result).toMatchObject({ stdout: '', code: 1 });
    const [first, body = ''] = result.stderr.split('\n');
    expect(first).toBe('Failed with 404');
    expect(Object.keys(JSON.parse(body))).toEqual(['error']);
    expect(body).toContain('not-there');
  });

  test('S5, S29: prints the reason for a version that is not supported, which names those that are', async () => {
    const prepared = await prepare();
    const result = await prepared.run({ programs: { curl: curlAskingFor('9.99') } });
    expect(result).toMatchObject({ stdout: '', code: 1 });
    const [first, body = ''] = result.stderr.split('\n');
    expect(first).toBe('Failed with 400');
    const { error, ...more } = JSON.parse(body) as Record<string, string>;
    expect(more).toEqual({});
    expect(error).toMatch(/version "9\.99".*1\.32/);
    expect(await versionOf(prepared)).toBe('1.31');
  });

  test.each(['lower', 'upper', 'canonical'] as const)(
    'S23: reads the tag behind a proxy that spells header names in %s case',
    async (spelling) => {
      const prepared = await prepare();
      const proxy = await startHeaderCaseProxy(server.host, spelling);
      try {
        expect(await prepared.run({ host: proxy.host, competingWrites: 1 })).toMatchObject({ stdout: `${conflicts(1)}Updated\n`, code: 0 });
      } finally {
        await proxy.stop();
      }
    },
  );
});
