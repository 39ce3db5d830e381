import { LIMITS } from '@openkupe/contract';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import type { SecretSpec } from '../../store/resource.ts';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { SECRETS } from '../../testing/secrets.ts';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  onTestFinished(() => server.stop());
});

const targets = (count: number, from = 0) => Array.from({ length: count }, (_, at) => ({ cluster: 'one', namespace: `n${from + at}` }));

/** Straight into the store, because that is quicker. */
async function given(specs: Readonly<Record<string, SecretSpec>>, targetsOf: (spec: SecretSpec) => object[] = () => []) {
  const { store, clock } = server.plane.ports;
  const writes = Object.entries(specs).map(([name, spec]) => ({
    verb: 'create' as const,
    key: { kind: 'secret' as const, tenant: 'demo', name },
    uid: `uid-${name}`,
    spec,
    observed: { observedGeneration: 1, places: [], targets: targetsOf(spec) as never, changedAt: 0 },
  }));
  expect((await store.commit({ at: clock.now(), writes })).outcome).toBe('written');
}
const fill = (secrets: number) =>
  given(Object.fromEntries(Array.from({ length: secrets }, (_, at) => [`full-${at}`, { secretPath: 'a', sync: targets(100) }])));
const create = (name: string, count: number) =>
  server.send({ method: 'POST', path: SECRETS, body: { name, secretPath: 'a', sync: targets(count) } });
const patch = (name: string, count: number) =>
  server.send({ method: 'PATCH', path: `${SECRETS}/${name}`, body: { sync: targets(count, 500) } });

it('refuses the target after the last that all secrets of a tenant may have, and says how many that are', async () => {
  await fill(LIMITS.syncTargetsPerTenant / 100 - 1);
  expect((await create('last', 100)).status).toBe(201);
  const refused = await create('more', 1);
  expect([refused.status, refused.headers['error-code'], errorOf(refused)]).toEqual([
    400,
    'target-limit',
    'All secrets of a tenant can have at most 4000 targets together, and there would be 4001; remove some first',
  ]);
  expect((await create('none', 0)).status).toBe(201);
  expect((await patch('none', 1)).status).toBe(400);
  expect((await patch('last', 100)).status).toBe(200);
  expect((await patch('last', 99)).status).toBe(200);
  expect((await patch('none', 1)).status).toBe(200);
});

it('also when several are added at the same moment', async () => {
  await fill(LIMITS.syncTargetsPerTenant / 100 - 1);
  for (const name of ['a1', 'a2']) expect((await create(name, 0)).status).toBe(201);
  const answers = await Promise.all([create('b1', 60), patch('a1', 60), patch('a2', 60)]);
  expect(answers.filter(({ status }) => status === 400).length).toBe(2);
});

it('the longest list that these limits allow is answered, and is shorter than what clients read', async () => {
  const name = 'x'.repeat(63);
  const sync = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      cluster: name,
      namespace: `n${String(at).padStart(62, '0')}`,
      secretName: 's'.repeat(253),
    }));
  const longest = 'A sentence about what is wrong with it '.repeat(15).slice(0, 560);
  const withTargets = LIMITS.syncTargetsPerTenant / LIMITS.syncTargets;
  const specs = Object.fromEntries(
    Array.from({ length: LIMITS.secretsPerTenant }, (_, at) => [
      `s${String(at).padStart(62, '0')}`,
      { secretPath: 'p'.repeat(LIMITS.secretPathLength), sync: at < withTargets ? sync(LIMITS.syncTargets) : [] },
    ]),
  );
  await given(specs, ({ sync: all }) =>
    (all ?? []).map((target) => ({ ...target, phase: 'Failed', message: longest, version: '1234567890', syncedAt: 0 })),
  );
  const { status, text } = await server.send({ method: 'GET', path: SECRETS });
  expect(status).toBe(200);
  expect(JSON.parse(text).items.length).toBe(LIMITS.secretsPerTenant);
  expect(Buffer.byteLength(text)).toBeLessThan(LIMITS.listBytes);
});

it('a list that is longer all the same, from before there were limits, is 400 and says what to do', async () => {
  const sync = Array.from({ length: 100 }, (_, at) => ({ cluster: 'c'.repeat(63), namespace: `n${at}`, secretName: 's'.repeat(253) }));
  await given(Object.fromEntries(Array.from({ length: 260 }, (_, at) => [`old-${at}`, { secretPath: 'a', sync }])));
  const refused = await server.send({ method: 'GET', path: SECRETS });
  expect([refused.status, refused.headers['error-code'], errorOf(refused)]).toEqual([
    400,
    'list-too-long',
    'The list would be longer than 8388608 bytes; read it in pages with a smaller limit, such as ?limit=100',
  ]);
});
