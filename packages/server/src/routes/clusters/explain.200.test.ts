import { afterEach, beforeEach, expect, it } from 'vitest';
import { createStepExplanation } from '../../reconciler/clusters/explain-step.ts';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/clusters';
let server: InProcess;
beforeEach(async () => {
  // NOTE: the reconciler is not started, so that each step stays the next one until the test takes it.
  server = await startInProcess();
  await server.send({ method: 'POST', path: COLLECTION, body: { name: 'one' } });
});
afterEach(() => server.stop());

const explain = async () => (await server.send({ method: 'GET', path: `${COLLECTION}/one/explain` })).json;
const stored = async () => {
  const cluster = await server.plane.ports.store.get({ kind: 'cluster', tenant: 'demo', name: 'one' });
  if (!cluster) throw new Error('there is no cluster');
  return cluster;
};
/** Writes a status as the reconciler does. */
async function observe(observed: object): Promise<void> {
  const { uid, observation, observed: before } = await stored();
  const key = { kind: 'cluster', tenant: 'demo', name: 'one' } as const;
  const write = { verb: 'observe-if', key, uid, expectedObservation: observation, observed: { ...before, ...observed } } as const;
  await server.plane.ports.store.commit({ at: server.clock.now(), writes: [write] });
}

it('a new cluster will be accepted', async () => {
  expect(await explain()).toMatchObject({
    phase: 'Pending',
    next: 'record',
    message: 'Cluster "one" is being provisioned.',
    generation: 1,
    observedGeneration: 0,
  });
});

it('an accepted one will be applied, then it waits, and says for what and since when', async () => {
  const since = server.clock.now();
  await observe({ acceptedAt: since, pending: { generation: 1, since }, waitingFor: (await explain()).waitingFor });
  expect(await explain()).toMatchObject({ phase: 'Provisioning', next: 'apply', since: new Date(since).toISOString().replace('.000', '') });
  const { uid, spec, generation } = await stored();
  await server.plane.ports.engine.apply({ tenant: 'demo', name: 'one', uid, type: 'shared' }, spec, generation);
  await server.clock.advance(1);
  await observe({ waitingFor: (await explain()).waitingFor });
  const waiting = await explain();
  expect(waiting).toMatchObject({ next: 'wait', checkInSeconds: 1 });
  expect(waiting.waitingFor).not.toBe('');
  expect(waiting.message).toContain(waiting.waitingFor);
});

it('one that is being deleted will be destroyed or removed', async () => {
  await server.send({ method: 'DELETE', path: `${COLLECTION}/one` });
  expect(await explain()).toMatchObject({ phase: 'Terminating', next: 'remove', since: expect.any(String) });
});

it('writes nothing, and is 404 for what is not there', async () => {
  const before = await server.plane.ports.store.newestRevision();
  await explain();
  expect((await stored()).observation).toBe(0);
  expect(await server.plane.ports.store.newestRevision()).toBe(before);
  expect((await server.send({ method: 'GET', path: `${COLLECTION}/two/explain` })).status).toBe(404);
});

it('an engine that does not answer is explained, within five seconds', async () => {
  const never = new Promise<never>(() => {});
  const explainStep = createStepExplanation({ engine: { observe: () => never, access: () => never }, clock: server.clock });
  const since = server.clock.now();
  await observe({ acceptedAt: since, pending: { generation: 1, since }, waitingFor: 'x' });
  const explained = explainStep(await stored());
  await server.clock.advance(5_000);
  expect(['record', 'wait']).toContain((await explained).next);
});
