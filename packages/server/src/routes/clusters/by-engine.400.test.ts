import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/clusters';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

/** Sends with an engine that finds these problems in every desired state. */
const sendTo = (problems: readonly { field?: string; message: string }[], request: Parameters<InProcess['send']>[0]) =>
  server.sendWith({ engine: { ...server.plane.ports.engine, validate: () => problems } }, request);
const create = { method: 'POST', path: COLLECTION, body: { name: 'web' } };

it('what the engine cannot make is refused before anything is written', async () => {
  const refused = await sendTo([{ field: 'highAvailability', message: 'highAvailability is not for this engine' }], create);
  expect([refused.status, errorOf(refused)]).toEqual([400, 'highAvailability is not for this engine']);
  expect((await sendTo([{ message: 'there is no room' }], create)).status).toBe(400);
  expect((await server.send({ method: 'GET', path: `${COLLECTION}/web` })).status).toBe(404);
});

it('a change is judged with what it replaces, one that changes nothing is not', async () => {
  await server.send(create);
  const problems = [{ message: 'it can grow no more' }];
  const patch = (cpu: string) => ({ method: 'PATCH', path: `${COLLECTION}/web`, body: { resources: { cpu } } });
  await server.send(patch('1'));
  expect((await sendTo(problems, patch('2'))).status).toBe(400);
  expect((await sendTo(problems, patch('1'))).status).toBe(200);
});
