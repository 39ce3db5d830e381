import { setTimeout as realDelay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const CLUSTERS = '/api/v1/tenants/demo/clusters';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
});
afterEach(() => server.stop());

const patch = (name: string, version: string) => server.send({ method: 'PATCH', path: `${CLUSTERS}/${name}`, body: { version } });
const statusOf = async (name: string) => (await server.send({ method: 'GET', path: `${CLUSTERS}/${name}` })).json.status;
/** Disk and sockets take real time, the life of the cluster that of the manual clock. */
async function until(name: string, kubernetesVersion: string): Promise<void> {
  for (let round = 0; round < 1_000; round += 1) {
    const status = await statusOf(name);
    if (status.phase === 'Running' && status.kubernetesVersion === kubernetesVersion) return;
    await server.clock.advance(250);
    await realDelay(2);
  }
  throw new Error(`cluster "${name}" never ran ${kubernetesVersion}`);
}
async function running(name: string, version: string | undefined, full: string): Promise<void> {
  await server.send({ method: 'POST', path: CLUSTERS, body: { name, ...(version ? { version } : {}) } });
  await until(name, full);
}

describe('a version before the one that runs', () => {
  it('is 400 with the reason, and changes nothing', async () => {
    await running('newest', undefined, 'v1.35.1');
    for (const version of ['1.32', 'v1.32.3', '1.34']) {
      const refused = await patch('newest', version);
      expect([refused.status, refused.headers['error-code']]).toEqual([400, 'VERSION_DOWNGRADE_UNSUPPORTED']);
      expect(errorOf(refused)).toMatch(
        /^version cannot be "1\.3[24]" for cluster "newest": it runs v1\.35\.1, and Kubernetes has no downgrade; ask for a later version/,
      );
    }
    expect((await server.send({ method: 'GET', path: `${CLUSTERS}/newest` })).json).toMatchObject({ version: '1.35', generation: 1 });
  });

  it('is decided by what runs: an upgrade that has not taken effect can be taken back, also by part', async () => {
    await running('between', '1.31', 'v1.31.14');
    for (const version of ['1.33', '1.32', '1.31', '1.33']) expect((await patch('between', version)).status).toBe(200);
    await until('between', 'v1.33.7');
    expect((await patch('between', '1.32')).status).toBe(400);
  });

  it('does not exist while nothing runs', async () => {
    await server.send({ method: 'POST', path: CLUSTERS, body: { name: 'made' } });
    expect((await patch('made', '1.32')).status).toBe(200);
    await until('made', 'v1.32.3');
  });
});
