import { rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, onTestFinished } from 'vitest';
import { type AlertmanagerServer, hasAlertmanager, NEEDS_ALERTMANAGER, prepareAlertmanager } from '../alertmanager-server.ts';
import { type Client, createClient } from '../client.ts';
import { hasPostgres, NEEDS_POSTGRES } from '../postgres-server.ts';
import { startReplicas } from '../replicas.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { type StartedServer, startServer } from '../start-server.ts';
import { QUICK } from './kill/quick-settings.ts';

const TEST_MS = 180_000;
const PATIENCE = { timeout: 90_000, interval: 100 };

interface Shown {
  readonly status: { readonly phase: string; readonly message: string; readonly revision: number; readonly deliveredRevision?: number };
}

let alertmanager: AlertmanagerServer;
let variables: Record<string, string>;
beforeEach(async () => {
  if (!hasAlertmanager) return;
  alertmanager = await prepareAlertmanager();
  variables = { ...QUICK, OPENKUPE_ALERTMANAGER_URL: alertmanager.url, OPENKUPE_ALERTMANAGER_CONFIG_FILE: alertmanager.file };
});
afterEach(() => alertmanager?.remove());

const clientOf = ({ host, tenant, apiKey }: Pick<StartedServer, 'host' | 'tenant' | 'apiKey'>) => createClient({ host, tenant, apiKey });
const configOf = (client: Client) => client.call<Shown>('GET', './alertmanager/config');
const statusOf = async (client: Client) => (await configOf(client)).body.status;
const until = (client: Client, phase: string) => expect.poll(async () => (await statusOf(client)).phase, PATIENCE).toBe(phase);

/** A receiver with a route to it. */
async function configure(client: Client, name: string, url = `https://hooks.example.com/hunter2/${name}`): Promise<void> {
  const receiver = await client.call('PUT', `./alertmanager/receivers/${name}`, { body: { webhook_configs: [{ url }] } });
  const routes = await client.call('PUT', './alertmanager/routes', { body: { items: [{ receiver: name }] } });
  expect([receiver.status, routes.status]).toEqual([200, 200]);
}

describe.skipIf(!hasAlertmanager)(`delivery to an Alertmanager ${NEEDS_ALERTMANAGER}`, () => {
  testOfOwnServer(
    'kill -9 between a change and its delivery: the next process delivers it, and so it does to an Alertmanager that lost everything',
    async () => {
      const first = await startServer({ variables });
      onTestFinished(async () => void (await first.stop()));
      await configure(clientOf(first), 'one');
      await expect.poll(async () => (await statusOf(clientOf(first))).message, PATIENCE).toMatch(/cannot take it at the moment/);
      expect(await statusOf(clientOf(first))).toMatchObject({ phase: 'Pending', revision: 2 });
      await first.kill();
      await alertmanager.start();
      const second = await startServer({ variables, dataFolder: first.dataFolder });
      onTestFinished(async () => void (await second.stop()));
      const client = clientOf({ ...first, host: second.host });
      await until(client, 'Delivered');
      expect(await alertmanager.configuration()).toContain(`receiver: ${first.tenant}/one\n`);
      expect(statSync(alertmanager.file).mode & 0o777).toBe(0o600);

      await alertmanager.kill();
      rmSync(alertmanager.file);
      await configure(client, 'two');
      await until(client, 'Pending');
      await expect.poll(() => statSync(alertmanager.file, { throwIfNoEntry: false })?.size ?? 0, PATIENCE).toBeGreaterThan(0);
      await alertmanager.start();
      await until(client, 'Delivered');
      expect(await alertmanager.configuration()).toContain(`receiver: ${first.tenant}/two\n`);
      expect(first.process.output.stderr + second.process.output.stderr).not.toContain('hunter2');
    },
    TEST_MS,
  );

  testOfOwnServer(
    'what Alertmanager refuses is rejected with its reason, in the status and as an event; tags of sections do not move with the status',
    async () => {
      const server = await startServer({ variables });
      onTestFinished(async () => void (await server.stop()));
      const client = clientOf(server);
      await configure(client, 'good');
      await expect.poll(() => statSync(alertmanager.file, { throwIfNoEntry: false })?.size ?? 0, PATIENCE).toBeGreaterThan(0);
      await alertmanager.start();
      await until(client, 'Delivered');
      const tagOf = async (path: string) => (await client.call('GET', `./alertmanager/${path}`)).headers.etag;
      const shown = await configOf(client);
      const body = { webhook_configs: [{ url: 'https://x.example.com', http_config: 'hunter2' }] };
      const written = await client.call('PUT', './alertmanager/receivers/bad', { body });
      await until(client, 'Rejected');
      expect(await statusOf(client)).toMatchObject({
        message: expect.stringMatching(/^rejected: cannot unmarshal/),
        revision: 3,
        deliveredRevision: 2,
      });
      expect([await tagOf('routes'), await tagOf('receivers/bad')]).toEqual([written.headers.etag, written.headers.etag]);
      const conditional = (etag: unknown) => client.call('GET', './alertmanager/config', { headers: { 'if-none-match': String(etag) } });
      expect([(await conditional(shown.headers.etag)).status, (await conditional(await tagOf('config'))).status]).toEqual([200, 304]);
      expect(await alertmanager.configuration()).toContain(`receiver: ${server.tenant}/good\n`);
      const events = await client.call('GET', './events?kind=alertmanager');
      expect([events.text.includes('was rejected: cannot unmarshal'), events.text.includes('hunter2')]).toEqual([true, false]);
      const removed = await client.call('DELETE', './alertmanager/receivers/bad', {
        headers: { 'if-match': String(await tagOf('config')) },
      });
      expect(removed.status).toBe(204);
      await until(client, 'Delivered');
    },
    TEST_MS,
  );

  describe.skipIf(!hasPostgres)(`two processes on one database ${NEEDS_POSTGRES}`, () => {
    testOfOwnServer(
      'the one that delivers is killed: the other one delivers what was changed through it',
      async () => {
        const replicas = await startReplicas(variables);
        onTestFinished(() => replicas.stop());
        const { first } = replicas;
        await expect.poll(() => statSync(alertmanager.file, { throwIfNoEntry: false })?.size ?? 0, PATIENCE).toBeGreaterThan(0);
        await alertmanager.start();
        const second = clientOf(await replicas.add());
        await configure(second, 'one');
        await until(second, 'Delivered');
        await configure(second, 'two');
        await first.kill();
        await until(second, 'Delivered');
        expect(await alertmanager.configuration()).toContain(`receiver: ${first.tenant}/two\n`);
      },
      TEST_MS,
    );
  });
});
