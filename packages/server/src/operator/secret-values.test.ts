import { OPERATOR_PREFIX } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../testing/in-process.ts';
import { answerOperator } from './operator-pipeline.ts';
import type { OperatorPorts } from './operator-route.ts';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

async function put(tenant: string, body: unknown, changes: Partial<OperatorPorts> = {}) {
  const { ports, localValues } = server.plane;
  async function* bytes() {
    yield Buffer.from(JSON.stringify(body));
  }
  const target = `${OPERATOR_PREFIX}/tenants/${tenant}/secret-values`;
  const request = { method: 'PUT', target, headers: {}, body: bytes() };
  const reply = await answerOperator(request, { ...ports, localValues, account: 'root', ...changes } as OperatorPorts);
  return { status: reply.status, headers: reply.headers, text: reply.body ?? '', json: JSON.parse(reply.body ?? '{}') };
}

it('puts a new version, answers without the values, and leaves a row in the audit that names the path alone', async () => {
  const values = { username: 'app', password: 'hunter2' };
  const first = await put('demo', { path: 'services/db', values });
  expect([first.status, first.json]).toEqual([200, { path: 'services/db', version: '1' }]);
  expect((await put('demo', { path: 'services/db', values })).json.version).toBe('2');
  expect(await server.plane.localValues.read('demo', 'services/db')).toEqual({ outcome: 'found', version: '2', values });
  const [row] = await server.plane.ports.store.audit('demo', 1);
  expect(row).toMatchObject({ actor: 'operator:root', action: 'operator.secret-values.put', target: 'secret-values/services/db' });
  expect(JSON.stringify([row, first])).not.toContain('hunter2');
});

it.each([
  ['a path out of the tenant', { path: '../x', values: { a: 'b' } }, 'The path "../x" is not possible'],
  ['no value', { path: 'a', values: {} }, 'values'],
  ['a value that is no text', { path: 'a', values: { a: 1 } }, 'values.a must be a string'],
  ['a key that Kubernetes cannot have', { path: 'a', values: { 'a b': 'hunter3' } }, 'The key "a b" is not possible'],
])('refuses %s with 400, without repeating a value', async (_what, body, message) => {
  const received = await put('demo', body);
  expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining(message)]);
  expect(received.text).not.toContain('hunter3');
});

it('refuses a tenant that is not there with 404, and an installation whose values are elsewhere with 409', async () => {
  expect((await put('nobody', { path: 'a', values: { a: 'b' } })).status).toBe(404);
  const elsewhere = await put('demo', { path: 'a', values: { a: 'b' } }, { localValues: undefined });
  expect([elsewhere.status, errorOf(elsewhere)]).toEqual([409, 'The values of this installation are in OpenBao; write them there']);
});
