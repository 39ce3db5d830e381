import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/clusters';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

it.each([
  ['no name', {}, 'cluster name is required'],
  ['an empty name', { name: '' }, 'cluster name must'],
  ['a name of one letter', { name: 'a' }, 'cluster name must'],
  ['capitals', { name: 'Prod' }, 'cluster name must'],
  ['a name of 64 letters', { name: 'a'.repeat(64) }, 'cluster name must'],
  ['a trailing hyphen', { name: 'prod-' }, 'cluster name must'],
  ['a dotted name', { name: 'prod.eu' }, 'cluster name must'],
  ['a name that is a number', { name: 7 }, 'name must be a string, not number'],
  ['an unknown version', { name: 'aa', version: '1.99' }, 'unsupported Kubernetes version "1.99", supported versions: ['],
  ['a version that is a number', { name: 'aa', version: 1.32 }, 'version must be a string, not number'],
  ['memory without a unit', { name: 'aa', resources: { memory: '16' } }, 'memory must include a unit suffix'],
  ['storage without a unit', { name: 'aa', resources: { storage: '100' } }, 'storage must include a unit suffix'],
  ['cpu that is no number', { name: 'aa', resources: { cpu: 'four' } }, 'resources.cpu must be cores'],
  ['cpu with a memory suffix', { name: 'aa', resources: { cpu: '4Gi' } }, 'resources.cpu must be cores'],
  ['an empty quantity', { name: 'aa', resources: { cpu: '' } }, 'resources.cpu must not be empty'],
  ['a negative quantity', { name: 'aa', resources: { memory: '-1Gi' } }, 'resources.memory must be a number with a unit suffix'],
  ['a numeric quantity', { name: 'aa', resources: { cpu: 4 } }, 'resources.cpu must be a string, not number'],
  ['an unknown type', { name: 'aa', type: 'huge' }, 'type must be one of shared, dedicated, not "huge"'],
  ['a dedicated cluster', { name: 'aa', type: 'dedicated' }, 'type "dedicated" is not enabled for this tenant'],
  ['alerts that are a list', { name: 'aa', alerts: [] }, 'alerts must be an object, not array'],
  ['resources that are null', { name: 'aa', resources: null }, 'resources must be an object, not null'],
  ['highAvailability as text', { name: 'aa', highAvailability: 'yes' }, 'highAvailability must be a boolean, not string'],
  ['more than the pool', { name: 'aa', resources: { cpu: '9' } }, 'The cpu pool of plan "pro" is 8 cores, and 9 cores would be allocated'],
  ['more memory than the pool', { name: 'aa', resources: { memory: '33Gi' } }, 'The memory pool of plan "pro" is 32 GiB'],
])('refuses %s', async (_what, body, message) => {
  const received = await server.send({ method: 'POST', path: COLLECTION, body });
  expect(received.status).toBe(400);
  expect(errorOf(received)).toContain(message);
});

it('names the first few findings and counts the rest', async () => {
  const received = await server.send({ method: 'POST', path: COLLECTION, body: { name: 1, type: 2, version: 3, alerts: 4, x: 5 } });
  expect(errorOf(received)).toMatch(/^The request is not valid: .+; .+; .+; and 3 more$/);
});

it('refuses one cluster more than the plan allows, also when five are asked for at once', async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => server.send({ method: 'POST', path: COLLECTION, body: { name: `many-${index}` } })),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
  const refused = answers.filter(({ status }) => status !== 201);
  expect(refused.map((received) => [received.status, errorOf(received).includes('maximum cluster limit reached')])).toEqual(
    Array(3).fill([400, true]),
  );
});

it('refuses an Idempotency-Key that was used with another body, and one that is none', async () => {
  const send = (name: string, key: string) =>
    server.send({
      method: 'POST',
      path: '/api/v1/tenants/demo/apikeys',
      body: { displayName: name, role: 'readonly' },
      headers: { 'idempotency-key': key },
    });
  expect((await send('a', 'key-1')).status).toBe(201);
  const reused = await send('b', 'key-1');
  expect([reused.status, reused.headers['error-code']]).toEqual([400, 'idempotency-key-reused']);
  for (const bad of ['""', 'x'.repeat(256), '"two words"']) expect((await send('c', bad)).status).toBe(400);
});
