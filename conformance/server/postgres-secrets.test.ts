import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { createClient } from '../client.ts';
import { hasPostgres, NEEDS_POSTGRES, startPostgres } from '../postgres-server.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { launchServer, startServer } from '../start-server.ts';

const secretsOf = (byte: number) => {
  const key = Buffer.alloc(32, byte).toString('base64url');
  return JSON.stringify({ apiKeyPepper: key, answerKey: key });
};

describe.skipIf(!hasPostgres)(`processes with a data folder each ${NEEDS_POSTGRES}`, () => {
  testOfOwnServer('share a database where they have the same secrets; one with other ones, or with none, does not start', async () => {
    const postgres = await startPostgres();
    const folder = await mkdtemp(join(tmpdir(), 'openkupe-conformance-'));
    const file = join(folder, 'secrets');
    await writeFile(file, secretsOf(1));
    const database = { OPENKUPE_DATABASE_URL: await postgres.createDatabase('shared') };
    const first = await startServer({ variables: { ...database, OPENKUPE_SECRETS_FILE: file } });
    const second = await startServer({ variables: { ...database, OPENKUPE_SECRETS: secretsOf(1) } });
    try {
      const there = createClient({ ...first, host: second.host });
      expect((await there.call('GET', '.')).status).toBe(200);
      const refused = async (variables: Record<string, string>, reason: RegExp) => {
        const { ended, output } = launchServer(['--port', '0', '--data', join(folder, 'other')], { ...database, ...variables });
        expect((await ended).code).toBe(1);
        expect(output.stderr).toMatch(reason);
      };
      await refused(
        { OPENKUPE_SECRETS: secretsOf(2) },
        /OPENKUPE_SECRETS are not those that the database was written with; give this process/,
      );
      await refused({}, /The secrets file \S+ is missing, .* name it in OPENKUPE_SECRETS_FILE/);
      expect((await there.call('GET', '.')).status).toBe(200);
    } finally {
      await second.stop();
      await first.stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
