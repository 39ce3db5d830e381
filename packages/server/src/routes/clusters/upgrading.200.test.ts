import { setTimeout as realDelay } from 'node:timers/promises';
import type { Cluster, Condition } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

const PATH = '/api/v1/tenants/demo/clusters/web';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
});
afterEach(() => server.stop());

const upToDate = ({ status }: Cluster) => status.conditions.find(({ type }) => type === 'UpToDate');
async function until(isSo: (cluster: Cluster) => boolean): Promise<Condition | undefined> {
  for (let round = 0; round < 1_000; round += 1) {
    const { json } = await server.send({ method: 'GET', path: PATH });
    if (isSo(json)) return upToDate(json);
    await server.clock.advance(250);
    await realDelay(2);
  }
  throw new Error(`it never came to be: ${isSo}`);
}

it('an upgrade says what it waits for and since when, from the answer to the PATCH until it is in effect', async () => {
  await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'web', version: '1.32' } });
  expect(await until(({ status }) => status.phase === 'Running')).toMatchObject({ status: 'True', reason: 'AsDesired', message: '' });
  const patched = await server.send({ method: 'PATCH', path: PATH, body: { version: '1.33' } });
  expect(upToDate(patched.json)).toMatchObject({ status: 'False', reason: 'Upgrading', message: 'The change has to be applied' });
  const waiting = await until((cluster) => upToDate(cluster)?.message.includes('rolled out') === true);
  expect(waiting?.message).toMatch(/^Version v1\.33\.7 is being rolled out, since 2026-01-01T00:0\d:\d\dZ$/);
  expect(await until(({ status }) => status.phase === 'Running')).toMatchObject({ status: 'True', message: '' });
});
