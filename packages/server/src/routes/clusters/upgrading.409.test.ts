import { setTimeout as realDelay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const CLUSTERS = '/api/v1/tenants/demo/clusters';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
});
afterEach(() => server.stop());

/** Asks for a version with an engine that takes no upgrade back. */
const move = (version: string) => {
  const whyNotDuringMove = (running: string, asked: string) => `its upgrade from ${running} to ${asked} has not ended`;
  const request = { method: 'PATCH', path: `${CLUSTERS}/web`, body: { version } };
  return server.sendWith({ engine: { ...server.plane.ports.engine, whyNotDuringMove } }, request);
};
/** Disk and sockets take real time, the life of the cluster that of the manual clock. */
async function until(kubernetesVersion: string): Promise<void> {
  for (let round = 0; round < 1_000; round += 1) {
    const { status } = (await server.send({ method: 'GET', path: `${CLUSTERS}/web` })).json;
    if (status.phase === 'Running' && status.kubernetesVersion === kubernetesVersion) return;
    await server.clock.advance(250);
    await realDelay(2);
  }
  throw new Error(`the cluster never ran ${kubernetesVersion}`);
}

it('a second version is refused while the first change runs, and taken once it has ended', async () => {
  await server.send({ method: 'POST', path: CLUSTERS, body: { name: 'web', version: '1.32' } });
  await until('v1.32.3');
  expect((await move('1.33')).status).toBe(200);
  for (const version of ['1.32', '1.34']) {
    const refused = await move(version);
    expect([refused.status, errorOf(refused)]).toEqual([
      409,
      'The version of cluster "web" cannot be changed now: its upgrade from v1.32.3 to 1.33 has not ended; wait until it has',
    ]);
  }
  await until('v1.33.7');
  expect((await move('1.34')).status).toBe(200);
});
