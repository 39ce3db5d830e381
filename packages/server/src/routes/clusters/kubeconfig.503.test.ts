import { request } from 'node:https';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { advanceUntil, untilPhase } from '../../testing/life-cycle.ts';

const PATH = '/api/v1/tenants/demo/clusters/one';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
  await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'one', version: '1.32' } });
});
afterEach(() => server.stop());

function getVersion(endpoint: string, ca: string): Promise<{ gitVersion: string }> {
  return new Promise((resolve, reject) => {
    const call = request(`${endpoint}/version`, { ca }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve(JSON.parse(Buffer.concat(chunks).toString()));
    });
    call.on('error', reject);
    call.end();
  });
}

it.each(['kubeconfig', 'connection-details'])('%s is 503 with a wait and the phase until the cluster is ready', async (word) => {
  const received = await server.send({ method: 'GET', path: `${PATH}/${word}` });
  expect(received.status).toBe(503);
  expect(received.headers['retry-after']).toMatch(/^[1-9]\d*$/);
  expect(received.headers['retry-advice']).toBe('back-off; executed=no');
  expect(errorOf(received)).toMatch(/^Cluster "one" is not yet ready: its phase is (Pending|Provisioning)/);
});

it('is 404 for a cluster that does not exist', async () => {
  expect((await server.send({ method: 'GET', path: `${PATH}x/kubeconfig` })).status).toBe(404);
});

it('then gives an endpoint that answers under the CA it gives, to a readonly key too, and during an upgrade', async () => {
  await untilPhase(server, PATH, 'Running');
  const key = await server.makeKey('readonly');
  const { status, json } = await server.send({ method: 'GET', path: `${PATH}/kubeconfig`, key });
  expect(status).toBe(200);
  expect(Object.keys(json)).toEqual(['endpoint', 'certificateAuthority']);
  expect(json.certificateAuthority).toMatch(/^LS0tLS1CRUdJTi/);
  const ca = Buffer.from(json.certificateAuthority, 'base64').toString();
  expect((await getVersion(json.endpoint, ca)).gitVersion).toMatch(/^v1\.32\./);

  await server.send({ method: 'PATCH', path: PATH, body: { version: '1.33' } });
  const upgrading = await server.send({ method: 'GET', path: `${PATH}/connection-details` });
  expect([upgrading.status, upgrading.json]).toEqual([200, json]);
  await advanceUntil(server, PATH, (received) => received.json.status.phase === 'Running');
});
