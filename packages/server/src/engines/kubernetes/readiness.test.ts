import { createManualClock, type ManualClock } from '@openkupe/contract/testing/manual-clock';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKubernetesClient, type KubernetesClient } from './client.ts';
import { createReadinessChecks, type ReadinessChecks } from './readiness.ts';
import { type ScriptedApiServer, startScriptedApiServer } from './testing/scripted-api-server.ts';

let api: ScriptedApiServer;
let client: KubernetesClient;
let clock: ManualClock;
let checks: ReadinessChecks;
beforeEach(async () => {
  api = await startScriptedApiServer();
  client = createKubernetesClient({ ...api, credential: { type: 'anonymous' } });
  clock = createManualClock();
  checks = createReadinessChecks(clock, { validMs: 5_000, timeoutMs: 50 });
});
afterEach(async () => {
  client.close();
  await api.close();
});
const check = () => checks.check('uid', client);

it('is asked once in an interval, however many observe it at the same time', async () => {
  const answers = await Promise.all([check(), check(), check()]);
  expect(answers.every(({ isReady }) => isReady)).toBe(true);
  await clock.advance(4_999);
  await check();
  expect(api.requests).toEqual(['GET /readyz']);
  await clock.advance(1);
  api.answer((_request, response) => void response.writeHead(500).end('[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed'));
  expect(await check()).toMatchObject({ isReady: false, reason: 'The API server is not ready: etcd failed' });
});

it('is lost at once when the cluster is forgotten, and when nothing answers', async () => {
  await check();
  api.answer(() => {});
  checks.forget('uid');
  expect(await check()).toMatchObject({ isReady: false, reason: 'The API server did not answer within 50 ms' });
  await api.close();
  checks.forget('uid');
  expect(await check()).toMatchObject({ isReady: false, reason: expect.stringContaining('ECONNREFUSED') });
  api = await startScriptedApiServer();
});
