import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from './commands/index.ts';
import { startKupeDouble } from './testing/kupe-double.ts';
import { environmentFor, runCli } from './testing/run-cli.ts';

/** A command line for each command of the table; every run gets a server of its own. */
const LINES: Readonly<Record<string, string>> = {
  apply: 'apply -f - --yes',
  diff: 'diff -f -',
  edit: 'edit cluster production',
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
  'secret list': 'secret list',
  'secret get': 'secret get database',
  'secret create': 'secret create new --path services/new --sync production/default,staging/apps/database',
  'secret update': 'secret update database --no-targets',
  'secret delete': 'secret delete database',
  'apikey list': 'apikey list',
  'apikey get': 'apikey get ak-7f3b2c1d',
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
  'alertmanager get': 'alertmanager get',
  'alertmanager put': 'alertmanager put -f -',
  'alertmanager receiver list': 'alertmanager receiver list',
  'alertmanager receiver get': 'alertmanager receiver get on-call',
  'alertmanager receiver put': 'alertmanager receiver put on-call -f -',
  'alertmanager receiver delete': 'alertmanager receiver delete on-call',
  'alertmanager route list': 'alertmanager route list',
  'alertmanager route get': 'alertmanager route get 1',
  'alertmanager route put': 'alertmanager route put -f -',
  'alertmanager route delete': 'alertmanager route delete 1',
  'alertmanager global get': 'alertmanager global get',
  'alertmanager global put': 'alertmanager global put -f -',
  'event list': 'event list',
  'audit list': 'audit list',
  'tenant get': 'tenant get',
  'tenant update': 'tenant update --plan pro --log-limit hard',
  'tenant delete': 'tenant delete --yes',
  'member list': 'member list',
  'member create': 'member create new@acme.example --role readonly',
  'member update': 'member update developer@acme.example --role admin',
  'member delete': 'member delete developer@acme.example',
  'invoice list': 'invoice list',
  'invoice get': 'invoice get 2025-12',
  'usage get': 'usage get',
  'limit get': 'limit get',
  'plan list': 'plan list',
  'plan get': 'plan get pro',
};

/** What is piped into those that read a file. */
const DOCUMENTS = 'kind: cluster\nname: production\nversion: "1.33"\n---\nkind: secret\nname: new\nsecretPath: services/new\n';
const INPUTS: Readonly<Record<string, string>> = {
  apply: DOCUMENTS,
  diff: DOCUMENTS,
  'alertmanager put': 'receivers: [{name: on-call, webhook_configs: [{url: https://hooks.example.com/new}]}]',
  'alertmanager receiver put': 'webhook_configs: [{url: https://hooks.example.com/new}]',
  'alertmanager route put': 'items: [{receiver: on-call, matchers: [severity="warning"]}]',
  'alertmanager global put': 'resolve_timeout: 10m',
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
      const finished = await runCli(`${LINES[path]} -o ${format}`, {
        ...shell,
        input: INPUTS[path] ?? '',
        env: { ...environmentFor(fresh), KUPE_CONFIG, EDITOR: 'true', ...env },
      });
      await fresh.close();
      rmSync(KUPE_CONFIG, { recursive: true });
      expect(finished.exit, finished.err).toBe(path === 'diff' ? 1 : 0);
      printed.push(finished.out.replaceAll(fresh.host, 'https://api.example.com'));
    }
    expect(new Set(printed).size).toBe(1);
    await expect(printed[0]).toMatchFileSnapshot(`golden/${path.replaceAll(' ', '-')}.golden.${format}.txt`);
  });
});
