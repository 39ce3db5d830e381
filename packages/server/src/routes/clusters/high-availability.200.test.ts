import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SandboxEngine } from '../../engines/sandbox/sandbox-engine.ts';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';
import { advanceUntil, untilPhase } from '../../testing/life-cycle.ts';

const COLLECTION = '/api/v1/tenants/demo/clusters';
const PATH = `${COLLECTION}/strong`;
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
});
afterEach(() => server.stop());

const untilHa = (phase: string) => advanceUntil(server, PATH, ({ json }) => json?.status?.haPhase === phase);
const create = () => server.send({ method: 'POST', path: COLLECTION, body: { name: 'strong', highAvailability: true } });
/** The moment since when a new cluster is highly available. */
async function enable(): Promise<string> {
  await create();
  await untilPhase(server, PATH, 'Running');
  return (await untilHa('ha-healthy')).json.status.haEnabledAt;
}

it('begins as pending, with three replicas desired and none ready', async () => {
  const { status, json } = await create();
  expect(status).toBe(201);
  expect(json).toMatchObject({ highAvailability: true, status: { haConfigured: false, haPhase: 'pending' } });
  expect(json.status).toMatchObject({ haReplicasReady: 0, haReplicasDesired: 3, haEtcdReplicasReady: 0, haEtcdReplicasDesired: 3 });
  expect(json.status).not.toHaveProperty('haEnabledAt');
});

it('is still pending when the cluster is Running, and ha-healthy some time later', async () => {
  await create();
  const running = await untilPhase(server, PATH, 'Running');
  expect(running.json.status).toMatchObject({ haPhase: 'pending', haConfigured: false });
  const { json } = await untilHa('ha-healthy');
  expect(json.status).toMatchObject({ phase: 'Running', haConfigured: true, haReplicasReady: 3, haEtcdReplicasReady: 3 });
  expect(Date.parse(json.status.haEnabledAt)).toBeGreaterThan(Date.parse(json.createdAt));
});

it('starts the surcharge at that moment, in the same commit', async () => {
  const enabledAt = await enable();
  const facts = (await server.plane.ports.store.ledger('demo', 0, 10)).map(({ at, fact }) => [at, fact]);
  expect(facts).toMatchObject([
    [expect.any(Number), { kind: 'cluster', name: 'strong', billed: { highAvailability: false } }],
    [Date.parse(enabledAt), { kind: 'cluster', name: 'strong', billed: { highAvailability: true } }],
  ]);
});

it.each([
  ['replica-lost', 'ha-degraded', 2],
  ['quorum-lost', 'ha-unavailable', 1],
  [undefined, 'ha-healthy', 3],
] as const)('shows what the engine shows: %s is %s; haEnabledAt stays', async (fault, phase, etcd) => {
  const enabledAt = await enable();
  (server.plane.ports.engine as SandboxEngine).faults.setFault('strong', fault);
  const { json } = await untilHa(phase);
  expect(json.status).toMatchObject({ haConfigured: true, haEnabledAt: enabledAt, haEtcdReplicasReady: etcd });
});

it('has an empty phase and desires nothing without high availability', async () => {
  const { json } = await server.send({ method: 'POST', path: COLLECTION, body: { name: 'plain' } });
  expect(json.status).toMatchObject({ haPhase: '', haConfigured: false, haReplicasDesired: 0, haEtcdReplicasDesired: 0 });
});
