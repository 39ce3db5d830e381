import { expect, test } from 'vitest';
import { failureOf } from '../testing/outcome-of.ts';
import { cluster, tryClient } from '../testing/try-client.ts';

const PATH = '/api/v1/tenants/acme/clusters';
const targets = (trial: ReturnType<typeof tryClient>) => trial.transport.sent.map(({ path }) => path);

test('a list asks for nothing but what its filters say', async () => {
  const trial = tryClient([{ body: { items: [] } }, { body: { items: [cluster('prod')] } }]);
  await trial.clock.runUntil(trial.client.clusters.list());
  const { value } = await trial.clock.runUntil(
    trial.client.clusters.list({ phase: 'Running', version: undefined, namePrefix: 'pr', timeoutMs: 5_000 }),
  );
  expect(value.map(({ name }) => name)).toEqual(['prod']);
  expect(targets(trial)).toEqual([PATH, `${PATH}?phase=Running&namePrefix=pr`]);
});

test('pages are read one after another, each when the one before was taken; short and empty ones too', async () => {
  const trial = tryClient([
    { body: { items: [cluster('a')], continue: 'next 1' } },
    { body: { items: [], continue: 'two' } },
    { body: { items: [cluster('b')] } },
  ]);
  const pages = trial.client.clusters.pages({ limit: 2, type: 'shared' });
  const taken: string[][] = [];
  for (let asked = 0; asked < 4; asked += 1) {
    expect(trial.transport.sent).toHaveLength(Math.min(asked, 3));
    const { value, done } = await trial.clock.runUntil(pages.next());
    if (!done) taken.push(value.value.map(({ name }) => name));
  }
  expect(taken).toEqual([['a'], [], ['b']]);
  expect(targets(trial)).toEqual([
    `${PATH}?type=shared&limit=2`,
    `${PATH}?type=shared&limit=2&continue=next+1`,
    `${PATH}?type=shared&limit=2&continue=two`,
  ]);
});

test('a page that fails is repeated as every read is, and its error ends the iteration', async () => {
  const refused = { status: 400, body: { error: 'no' } };
  const trial = tryClient([{ body: { items: [], continue: 'one' } }, { status: 503, body: { error: 'busy' } }, refused]);
  const pages = trial.client.members.pages();
  await trial.clock.runUntil(pages.next());
  expect(await failureOf(trial.clock, pages.next())).toMatchObject({ status: 400, message: 'no' });
  expect(trial.transport.sent).toHaveLength(3);
  expect((await pages.next()).done).toBe(true);
});
