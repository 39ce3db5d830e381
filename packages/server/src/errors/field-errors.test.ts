import { LIMITS } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';

const TENANT = '/api/v1/tenants/demo';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const post = (path: string, body: object, accept = 'application/problem+json') =>
  server.send({ method: 'POST', path: `${TENANT}/${path}`, body, headers: { accept } });
const pointers = async (path: string, body: object) =>
  (await post(path, body)).json.errors?.map(({ pointer }: { pointer: string }) => pointer);

it.each([
  ['a type', { name: 1 }, ['#/name']],
  ['an unknown field', { name: 'one', color: 'red' }, ['#/color']],
  ['a name that has to be escaped', { name: 'one', resources: { 'a/b~c ü': 1 } }, ['#/resources/a~1b~0c%20%C3%BC']],
  ['a missing field', {}, ['#/name']],
  ['several', { name: 'one', type: 'big', resources: { cpu: 4 } }, ['#/type', '#/resources/cpu']],
  ['a quantity', { name: 'one', resources: { memory: '16' } }, ['#/resources/memory']],
  ['a name', { name: 'ONE' }, ['#/name']],
  ['a version', { name: 'one', version: '0.1' }, ['#/version']],
  ['alerts', { name: 'one', alerts: { text: 'x'.repeat(LIMITS.alertsBytes) } }, ['#/alerts']],
])('a 400 points to %s', async (_what, body, expected) => {
  expect(await pointers('clusters', body)).toEqual(expected);
});

it('points into lists', async () => {
  const sync = [
    { cluster: 'one', namespace: 'a' },
    { cluster: 'one', namespace: 'B' },
  ];
  expect(await pointers('secrets', { name: 'one', secretPath: 'a/b', sync })).toEqual(['#/sync/1/namespace']);
  const twice = [sync[0], sync[0]];
  expect(await pointers('secrets', { name: 'one', secretPath: 'a/b', sync: twice })).toEqual(['#/sync/1']);
});

it('says with each pointer what the message says', async () => {
  const { json } = await post('clusters', { name: 'one', a: 1, b: 2, c: 3, d: 4 });
  expect(json.errors.map(({ detail }: { detail: string }) => detail)).toEqual(
    ['a', 'b', 'c', 'd'].map((name) => `unknown field "${name}"`),
  );
  expect(json.error).toBe('The request is not valid: unknown field "a"; unknown field "b"; unknown field "c"; and 1 more');
});

it('has no more of them than its bound', async () => {
  const many = Object.fromEntries(Array.from({ length: LIMITS.findingsCarried + 50 }, (_, index) => [`field-${index}`, 1]));
  expect((await post('clusters', { name: 'one', ...many })).json.errors).toHaveLength(LIMITS.findingsCarried);
});

it('is in no other body, and not in a 400 that is about no field', async () => {
  expect(Object.keys((await post('clusters', { name: 1 }, '*/*')).json)).toEqual(['error']);
  expect(await pointers('clusters?dryRun=All', { name: 'one' })).toBeUndefined();
});
