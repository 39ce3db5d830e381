import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { createClient } from '../client.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { launchServer, type StartedServer, startServer } from '../start-server.ts';

const key = (displayName: string) => ({ body: { displayName, role: 'readonly' } });

async function readiness({ host }: StartedServer): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${host}/readyz`);
  return { status: answer.status, text: await answer.text() };
}

/** Waits until `/readyz` answers `status`, for at most `withinMs` milliseconds; resolves with what it said last. */
async function untilReadiness(server: StartedServer, status: number, withinMs: number): Promise<string> {
  const startedAt = Date.now();
  for (;;) {
    const answer = await readiness(server);
    if (answer.status === status) return answer.text;
    if (Date.now() - startedAt > withinMs) throw new Error(`/readyz still answers ${answer.status}: ${answer.text}`);
    await sleep(20);
  }
}

async function expectPathTaken(folder: string): Promise<void> {
  const second = launchServer(['--data', folder, '--port', '0']);
  expect((await second.ended).code).toBe(1);
  expect(second.output.stderr).toContain('Another control plane uses the data folder');
}

describe('a data folder that is taken away from a running server', () => {
  testOfOwnServer('acknowledges nothing from then on, says so, keeps the path, and goes on when the folder is back', async () => {
    const server = await startServer();
    const { dataFolder } = server;
    const { call } = createClient(server);
    try {
      expect((await call('POST', './apikeys', key('before'))).status).toBe(201);
      renameSync(dataFolder, `${dataFolder}-2`);
      expect((await call('POST', './apikeys', key('after'))).status).toBe(503);
      expect(await untilReadiness(server, 503, 1_000)).toContain('removed or replaced');
      expect((await call('GET', './clusters')).status).toBe(503);
      await expectPathTaken(dataFolder);
      renameSync(`${dataFolder}-2`, dataFolder);
      await untilReadiness(server, 200, 2_000);
      expect((await call('POST', './apikeys', key('back'))).status).toBe(201);

      rmSync(dataFolder, { recursive: true });
      mkdirSync(dataFolder);
      expect((await call('POST', './apikeys', key('gone'))).status).toBe(503);
      expect(await untilReadiness(server, 503, 1_000)).toContain('removed or replaced');
      await expectPathTaken(dataFolder);
    } finally {
      expect((await server.stop()).code).toBe(0);
    }
  });
});

testOfOwnServer('a key of the environment file that cannot be read is replaced there, and the server starts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'openkupe-broken-key-'));
  const [dataFolder, environment] = [join(folder, 'data'), join(folder, 'env')];
  const first = await startServer({ dataFolder });
  const { host, tenant, apiKey } = first;
  writeFileSync(environment, `export KUPE_HOST='${host}'\nexport KUPE_TENANT='${tenant}'\nexport KUPE_API_KEY='${apiKey}'\n`);
  await first.stop();
  const database = new DatabaseSync(join(dataFolder, 'openkupe.db'));
  database.exec("UPDATE resource SET spec = '{' WHERE kind = 'api-key'");
  database.close();
  const again = launchServer(['--port', '0', '--data', dataFolder, '--write-env', environment]);
  void again.ended.then(() => rmSync(folder, { recursive: true }));
  await expect.poll(() => again.output.stdout, { timeout: 20_000 }).toContain('openkupe is running');
  expect(readFileSync(environment, 'utf8')).toMatch(/^export KUPE_API_KEY='kupe_/m);
  expect(readFileSync(environment, 'utf8')).not.toContain(apiKey);
  again.signal('SIGTERM');
  expect((await again.ended).code).toBe(0);
});
