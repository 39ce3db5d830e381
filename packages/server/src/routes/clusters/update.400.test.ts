import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const PATH = '/api/v1/tenants/demo/clusters/one';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'one' } });
});
afterEach(() => server.stop());

it.each([
  ['nothing', {}, 'at least one field required', 'invalid-request'],
  ['an empty version alone', { version: '' }, 'version must not be empty', 'invalid-request'],
  ['an unsupported version', { version: '1.20' }, 'unsupported Kubernetes version "1.20"', 'invalid-request'],
  ['the name', { name: 'two' }, 'unknown field "name"', 'invalid-request'],
  ['the display name', { displayName: 'Two' }, 'unknown field "displayName"', 'invalid-request'],
  ['the type', { type: 'dedicated' }, 'unknown field "type"', 'invalid-request'],
  ['high availability on', { highAvailability: true }, 'cannot be enabled on an existing cluster', 'HA_ENABLE_ON_EXISTING_UNSUPPORTED'],
  ['high availability off', { highAvailability: false }, 'cannot be changed after creation', 'HA_DISABLE_UNSUPPORTED'],
  ['more than the pool', { resources: { cpu: '8001m' } }, 'would be allocated', 'pool-exceeded'],
  ['alerts without end', { alerts: { a: 'x'.repeat(65_536) } }, 'alerts must be at most 65536 bytes of JSON, not 65544', 'invalid-request'],
  ['memory without a unit', { resources: { memory: '16' } }, 'memory must include a unit suffix', 'invalid-request'],
])('refuses %s and changes nothing', async (_what, body, message, code) => {
  const before = await server.send({ method: 'GET', path: PATH });
  const received = await server.send({ method: 'PATCH', path: PATH, body });
  expect([received.status, received.headers['error-code']]).toEqual([400, code]);
  expect(errorOf(received)).toContain(message);
  expect((await server.send({ method: 'GET', path: PATH })).text).toBe(before.text);
});

it('refuses a path name that is none', async () => {
  const received = await server.send({ method: 'PATCH', path: '/api/v1/tenants/demo/clusters/A%2F..', body: { version: '1.32' } });
  expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining('cluster name must')]);
});
