import { afterAll, beforeAll, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { parsePairs, putValues } from './put-values.ts';

let server: InProcess;
beforeAll(async () => {
  server = await startInProcess();
});
afterAll(() => server.stop());

it.each([
  [['a=b'], { a: 'b' }],
  [['a=b=c', 'd='], { a: 'b=c', d: '' }],
  [['password'], 'Argument 1 is no key=value pair; write it like username=app'],
  [['a=1', '=x'], 'Argument 2 is no key=value pair; write it like username=app'],
  [['a=1', 'a=2'], 'A key is given twice; give each key once'],
])('reads %j', (pairs, expected) => expect(parsePairs(pairs)).toEqual(expected));

it.each([
  ['an unknown tenant', { tenant: 'nobody', path: 'a', values: { a: 'b' } }, 'There is no tenant "nobody"'],
  ['a path out of the tenant', { tenant: 'demo', path: '../x', values: { a: 'b' } }, 'The path "../x" is not possible'],
  ['no value', { tenant: 'demo', path: 'a', values: {} }, 'There is no value to put'],
])('refuses %s', async (_what, request, message) => {
  const { ports, localValues } = server.plane;
  const put = await putValues({ ...ports, values: localValues }, request);
  expect(put).toEqual({ outcome: 'refused', message: expect.stringContaining(message) });
});

it('leaves a row in the audit that names the path and no value', async () => {
  const { ports, localValues } = server.plane;
  const request = { tenant: 'demo', path: 'services/db', values: { password: 'hunter2' } };
  expect(await putValues({ ...ports, values: localValues }, request)).toEqual({ outcome: 'put', version: '1' });
  const [row] = await ports.store.audit('demo', 1);
  expect(row).toMatchObject({ actor: 'operator', action: 'secret-values.put', target: 'secret-values/services/db' });
  expect(JSON.stringify(row)).not.toContain('hunter2');
});
