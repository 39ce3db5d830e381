/** Restores a backup of a server, and judges what was restored: `npm run test:restored`. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createClient } from './client.ts';
import { launchServer, type StartedServer, startServer } from './start-server.ts';

const ROOT = dirname(import.meta.dirname);
const TESTS = ['conformance/server/', 'conformance/spec-page/'];
/** Longer than the pauses in which the tests look at a server that they have not started. */
const VARIABLES = {
  OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '5',
  OPENKUPE_SANDBOX_UPGRADING_SECONDS: '5',
  OPENKUPE_SANDBOX_TERMINATING_SECONDS: '3',
};

async function store(...words: readonly string[]): Promise<void> {
  const { output, ended } = launchServer(['store', ...words], { OPENKUPE_BACKUP_PASSPHRASE: 'correct horse battery staple' });
  const { code } = await ended;
  if (code !== 0) throw new Error(`store ${words.join(' ')} ended with ${code}: ${output.stderr}`);
}

/** A server on a restored backup of another one, which had a cluster and a key, with the key of that one. */
async function startRestored(): Promise<StartedServer> {
  const first = await startServer({ variables: VARIABLES });
  const client = createClient(first);
  await client.call('PATCH', '.', { body: { plan: 'enterprise' } });
  await client.call('POST', './clusters', { body: { name: 'from-before' } });
  await client.call('POST', './apikeys', { body: { displayName: 'from before', role: 'readonly' } });
  const [file, dataFolder] = [`${first.dataFolder}.backup`, `${first.dataFolder}-restored`];
  await store('backup', file, '--data', first.dataFolder);
  await store('restore', file, '--data', dataFolder, '--verify');
  const second = await startServer({ variables: VARIABLES, dataFolder });
  const stop = async () => {
    const ending = await second.stop();
    await first.stop();
    return ending;
  };
  return { ...second, apiKey: first.apiKey, stop };
}

/** Runs Vitest, with other tests where some are named; resolves with its exit code. */
function runTests({ host, tenant, apiKey }: StartedServer): Promise<number> {
  const given = process.argv.slice(2);
  const paths = given.some((one) => !one.startsWith('-')) ? [] : TESTS;
  const flags = ['run', '--no-file-parallelism', ...paths, ...given];
  const child = spawn(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...flags], {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      KUPE_HOST: host,
      KUPE_TENANT: tenant,
      KUPE_API_KEY: apiKey,
    },
  });
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}

const server = await startRestored();
try {
  process.exitCode = await runTests(server);
} finally {
  await server.stop();
}
