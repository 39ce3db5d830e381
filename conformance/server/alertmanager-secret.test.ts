import { expect, onTestFinished, test } from 'vitest';
import { issueKey } from '../api-keys.ts';
import { newName } from '../clusters.ts';
import { isExistingServer, serverUnderTest } from '../server-under-test.ts';

const server = serverUnderTest();

test('F-17: what a readonly key was shown goes back as it is; a <secret> for which nothing is stored is dropped', async () => {
  const client = server.client();
  const path = `./alertmanager/receivers/${newName('receiver')}`;
  const hook = { url: 'https://hooks.example.com/T0/hunter2', max_alerts: 1 };
  expect((await client.call('PUT', path, { body: { webhook_configs: [hook] } })).status).toBe(200);
  if (isExistingServer) onTestFinished(async () => void (await client.call('DELETE', path)));
  const { key } = await issueKey(client, 'readonly');
  const shown = await client.call<{ webhook_configs: object[] }>('GET', path, { key });
  expect([shown.status, shown.text.includes('hunter2'), shown.body.webhook_configs]).toEqual([
    200,
    false,
    [{ url: '<secret>', max_alerts: 1 }],
  ]);
  const body = { webhook_configs: [...shown.body.webhook_configs, { url: '<secret>', max_alerts: 2 }] };
  expect((await client.call('PUT', path, { body })).status).toBe(200);
  expect((await client.call('GET', path)).body).toMatchObject({ webhook_configs: [hook, { max_alerts: 2 }] });
  expect((await client.call('GET', path)).text).not.toContain('<secret>');
});
