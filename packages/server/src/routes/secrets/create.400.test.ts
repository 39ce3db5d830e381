import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { SECRETS } from '../../testing/secrets.ts';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const GOOD = { name: 'one', secretPath: 'a/b' };
const TARGET = { cluster: 'one', namespace: 'default' };

it.each([
  ['no name', { secretPath: 'a' }, 'secret name is required'],
  ['no path', { name: 'one' }, 'secretPath is required'],
  ['a name with capitals', { ...GOOD, name: 'One' }, 'secret name must be 2 to 63'],
  ['a name of one character', { ...GOOD, name: 'x' }, 'secret name must be 2 to 63'],
  ['an empty path', { ...GOOD, secretPath: '' }, 'secretPath'],
  ['a path out of the tenant', { ...GOOD, secretPath: '../other/db' }, 'secretPath'],
  ['a path with dots in the middle', { ...GOOD, secretPath: 'a/../../other/db' }, 'secretPath'],
  ['a path with an empty segment', { ...GOOD, secretPath: 'a//b' }, 'secretPath'],
  ['a path from the root', { ...GOOD, secretPath: '/a' }, 'secretPath'],
  ['a path with an encoded slash', { ...GOOD, secretPath: 'a%2fb' }, 'secretPath'],
  ['a path with a query', { ...GOOD, secretPath: 'a?version=1' }, 'secretPath'],
  ['a path that is too long', { ...GOOD, secretPath: 'a'.repeat(513) }, 'at most 512'],
  ['targets that are no list', { ...GOOD, sync: {} }, 'sync'],
  ['a target without a cluster', { ...GOOD, sync: [{ namespace: 'x' }] }, 'sync.0.cluster is required'],
  ['a target without a namespace', { ...GOOD, sync: [{ cluster: 'one' }] }, 'sync.0.namespace is required'],
  ['a namespace with a slash', { ...GOOD, sync: [{ ...TARGET, namespace: 'a/b' }] }, 'sync.0.namespace'],
  ['a secretName with capitals', { ...GOOD, sync: [{ ...TARGET, secretName: 'X' }] }, 'sync.0.secretName'],
  ['an unknown field in a target', { ...GOOD, sync: [{ ...TARGET, surprise: 1 }] }, 'unknown field "sync.0.surprise"'],
  ['the same place twice', { ...GOOD, sync: [TARGET, { ...TARGET, secretName: 'one' }] }, 'sync.1 names one/default/one'],
  ['too many targets', { ...GOOD, sync: Array.from({ length: 101 }, (_, at) => ({ ...TARGET, namespace: `n${at}` })) }, 'sync'],
  ['a value', { ...GOOD, data: { password: 'x' } }, 'unknown field "data"'],
])('refuses %s', async (_what, body, message) => {
  const received = await server.send({ method: 'POST', path: SECRETS, body });
  expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining(message)]);
});

it('refuses the secret after the thousandth, also when the last two race', async () => {
  const { store, clock } = server.plane.ports;
  const writes = Array.from({ length: 999 }, (_, at) => ({
    verb: 'create' as const,
    key: { kind: 'secret' as const, tenant: 'demo', name: `secret-${at}` },
    uid: `uid-${at}`,
    spec: { secretPath: 'a' },
    observed: { observedGeneration: 0, places: [], targets: [], changedAt: 0 },
  }));
  expect((await store.commit({ at: clock.now(), writes })).outcome).toBe('written');
  const send = (name: string) => server.send({ method: 'POST', path: SECRETS, body: { ...GOOD, name } });
  const answers = await Promise.all(['last', 'too-many'].map(send));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 400]);
  const refused = answers.find(({ status }) => status === 400);
  expect([refused?.headers['error-code'], refused && errorOf(refused)]).toEqual([
    'secret-limit',
    'A tenant can have at most 1000 secrets; delete one first',
  ]);
});
