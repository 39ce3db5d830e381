import { describe, expect, test } from 'vitest';
import type { Client } from '../client.ts';
import { failureOf } from '../testing/outcome-of.ts';
import type { ScriptStep } from '../testing/scripted-transport.ts';
import { tryClient } from '../testing/try-client.ts';

const SUPPORT = { 'Idempotency-Key-Support': 'yes' };
const lost: ScriptStep = { failure: 'no-answer' };
const gone: ScriptStep = { status: 502, body: 'bad gateway' };
const made: ScriptStep = { status: 201, headers: SUPPORT, body: { id: 'ak-1', key: 'kupe_1_x', email: 'a@example.com' } };
const list = (headers = {}): ScriptStep => ({ headers, body: { items: [] } });

const CREATES: readonly [string, (client: Client, key?: string) => Promise<unknown>][] = [
  ['an API key', (client, key) => client.apiKeys.create({ displayName: 'ci', role: 'admin' }, key ? { idempotencyKey: key } : {})],
  ['a member', (client, key) => client.members.create({ email: 'a@example.com', role: 'admin' }, key ? { idempotencyKey: key } : {})],
];

describe.each(CREATES)('%s whose answer is lost', (_, create) => {
  test.each([
    ['in a broken connection', lost],
    ['behind a gateway', gone],
    ['in a body that is none', { status: 201, body: [] } satisfies ScriptStep],
    ['in a page of something between', { status: 200, body: '<html>' } satisfies ScriptStep],
  ])('%s is created again with the same key where answers are kept', async (_how, step) => {
    const { client, clock, transport, lines } = tryClient([step, list(SUPPORT), lost, made]);
    expect(await clock.runUntil(create(client))).toMatchObject({ value: { id: 'ak-1' } });
    expect(lines().map((line) => line.split(' ')[0])).toEqual(['POST', 'GET', 'POST', 'POST']);
    const [first, look, ...repeats] = transport.sent.map(({ headers }) => headers['idempotency-key']);
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect([look, ...repeats]).toEqual([undefined, first, first]);
  });

  test('stands as unknown where none are kept, or where that cannot be seen', async () => {
    for (const steps of [
      [lost, list()],
      [lost, { status: 403, body: { error: 'no' } }],
    ]) {
      const { client, clock, lines } = tryClient(steps);
      expect(await failureOf(clock, create(client, 'mine'))).toMatchObject({ outcome: 'unknown', stopReason: 'not-repeatable' });
      expect(lines()).toHaveLength(2);
    }
  });
});

test('a refusal is not looked into', async () => {
  const { client, clock, lines } = tryClient([{ status: 403, body: { error: 'no' } }]);
  expect((await failureOf(clock, client.apiKeys.create({ displayName: 'ci', role: 'admin' }))).outcome).toBe('not-applied');
  expect(lines()).toHaveLength(1);
});
