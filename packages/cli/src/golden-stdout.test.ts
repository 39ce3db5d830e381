import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from './commands/index.ts';
import { startKupeDouble } from './testing/kupe-double.ts';
import { environmentFor, runCli } from './testing/run-cli.ts';

/** A command line for each command of the table; every run gets a server of its own. */
const LINES: Readonly<Record<string, string>> = {
  'auth login': 'auth login --api-key',
  'auth whoami': 'auth whoami',
  'auth get-token': 'auth get-token',
  'cluster list': 'cluster list',
  'cluster get': 'cluster get production',
  'cluster explain': 'cluster explain production',
  'cluster create': 'cluster create new --version 1.32 --cpu 2',
  'cluster update': 'cluster update production --memory 32Gi',
  'cluster delete': 'cluster delete staging --yes',
  'cluster kubeconfig': 'cluster kubeconfig production',
  'cluster wait': 'cluster wait production --for running',
  'apikey list': 'apikey list',
  'apikey create': 'apikey create ci --role readonly --expires 2027-01-31T12:00:00Z',
  'apikey update': 'apikey update ak-7f3b2c1d --scopes clusters:read --from 203.0.113.0/24',
  'apikey rotate': 'apikey rotate ak-7f3b2c1d --overlap 24h',
  'apikey delete': 'apikey delete ak-7f3b2c1d',
  'webhook list': 'webhook list',
  'webhook get': 'webhook get deploys',
  'webhook create': 'webhook create new --url https://hooks.example.com/new --events cluster.*',
  'webhook update': 'webhook update deploys --all-events --enable',
  'webhook delete': 'webhook delete deploys',
  'webhook rotate-secret': 'webhook rotate-secret deploys --overlap 1h',
  'webhook deliveries': 'webhook deliveries deploys',
  'webhook redeliver': 'webhook redeliver deploys 1234-0',
  'event list': 'event list',
  'audit list': 'audit list',
  'tenant get': 'tenant get',
  'plan list': 'plan list',
  'plan get': 'plan get pro',
};

/** Those that talk to a server and have something to say on stdout. */
const PRINTING = COMMANDS.filter((command) => command.isRemote && command.formats.length > 0);

test('every command that prints a result of the API has golden files', () => {
  expect(Object.keys(LINES)).toEqual(PRINTING.map((command) => command.path));
});

describe.each(PRINTING)('$path', ({ path, formats }) => {
  test.each(formats)('-o %s: the same bytes with and without a terminal, wide or narrow, coloured or not', async (format) => {
    const shells = [
      {},
      { isTerminal: true },
      { isTerminal: true, columns: 40, env: { FORCE_COLOR: '1', LC_ALL: 'de_DE.UTF-8' } },
      { env: { TERM: 'dumb', CI: 'true' } },
    ];
    const printed: string[] = [];
    for (const { env, ...shell } of shells) {
      const fresh = await startKupeDouble();
      const KUPE_CONFIG = mkdtempSync(join(tmpdir(), 'openkupe-golden-'));
      const finished = await runCli(`${LINES[path]} -o ${format}`, { ...shell, env: { ...environmentFor(fresh), KUPE_CONFIG, ...env } });
      await fresh.close();
      rmSync(KUPE_CONFIG, { recursive: true });
      expect(finished.exit, finished.err).toBe(0);
      printed.push(finished.out.replaceAll(fresh.host, 'https://api.example.com'));
    }
    expect(new Set(printed).size).toBe(1);
    await expect(printed[0]).toMatchFileSnapshot(`golden/${path.replace(' ', '-')}.golden.${format}.txt`);
  });
});
