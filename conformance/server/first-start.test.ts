import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect } from 'vitest';
import { newName } from '../clusters.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { launchServer, type ServerProcess } from '../start-server.ts';

const START_MS = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'openkupe-first-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const newFolder = () => join(folder, newName('data'));

/** Starts with these flags, waits for the greeting, stops, and resolves with what was printed. */
async function greetingOf(flags: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<ServerProcess['output']> {
  const server = launchServer(['--port', '0', ...flags], variables);
  for (let tries = 0; tries < START_MS / 20 && !server.output.stdout.includes('Ctrl-C stops'); tries += 1) await sleep(20);
  server.signal('SIGTERM');
  expect(await server.ended, server.output.stderr).toEqual({ code: 0, signal: null });
  return server.output;
}

const KEY = /kupe_[0-9a-f]{8}_/;

describe.concurrent('the first start', () => {
  testOfOwnServer(
    'with --write-env the key is in the file and not in what is printed, which a journal keeps',
    async () => {
      const envFile = join(folder, 'env');
      const { stdout, stderr } = await greetingOf(['--data', newFolder(), '--write-env', envFile]);
      expect(stdout + stderr).not.toMatch(KEY);
      expect(stdout).toContain(`Its admin key is in ${envFile} and nowhere else`);
      expect(readFileSync(envFile, 'utf8')).toMatch(KEY);
    },
    START_MS,
  );

  testOfOwnServer(
    'with --no-first-tenant there is no tenant and no key, and the greeting says how to make them',
    async () => {
      const data = newFolder();
      const { stdout, stderr } = await greetingOf(['--data', data, '--no-first-tenant']);
      expect(stdout + stderr).not.toMatch(/KUPE_TENANT|Tenant "demo"/);
      expect(stdout + stderr).not.toMatch(KEY);
      expect(stdout).toContain('npx openkupe operator tenant create');
      expect(stdout).toContain('npx openkupe operator key issue');
      const later = await greetingOf(['--data', data]);
      expect(later.stdout, 'the store is still empty').toContain('Its admin key is shown this once');
    },
    START_MS,
  );

  testOfOwnServer(
    'listening on all addresses without TLS or a trusted proxy is said in one line, and only then',
    async () => {
      const warning = /^Keys travel unencrypted to 0\.0\.0\.0: .*OPENKUPE_TRUSTED_PROXIES.*127\.0\.0\.1$/m;
      const [open, behindProxy, loopback] = await Promise.all([
        greetingOf(['--data', newFolder(), '--host', '0.0.0.0']),
        greetingOf(['--data', newFolder(), '--host', '0.0.0.0'], { OPENKUPE_TRUSTED_PROXIES: '10.0.0.7' }),
        greetingOf(['--data', newFolder()]),
      ]);
      expect(open.stdout).toMatch(warning);
      expect(behindProxy.stdout + loopback.stdout).not.toContain('Keys travel unencrypted');
    },
    START_MS,
  );
});
