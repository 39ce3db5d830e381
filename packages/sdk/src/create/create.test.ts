import { describe, expect, test } from 'vitest';
import { failureOf } from '../testing/outcome-of.ts';
import type { ScriptStep } from '../testing/scripted-transport.ts';
import { cluster, tryClient } from '../testing/try-client.ts';

const at = (resourceVersion: string, changes = {}): ScriptStep => ({
  headers: { ETag: `"${resourceVersion}.0"` },
  body: cluster('prod', { resourceVersion, ...changes }),
});
const lost: ScriptStep = { failure: 'no-answer' };

describe('create', () => {
  const body = { name: 'prod', version: '1.31' };
  const exists: ScriptStep = { status: 409, body: { error: 'Cluster "prod" already exists' } };
  const unavailable: ScriptStep = { status: 503 };
  const keyed: ScriptStep = { status: 503, headers: { 'Idempotency-Key-Support': 'yes' } };

  test('a lost answer is resolved by reading', async () => {
    const { client, clock, lines } = tryClient([lost, at('1')]);
    const answer = await clock.runUntil(client.clusters.create(body));
    expect(answer).toMatchObject({ recovered: 'already-created', value: { name: 'prod' } });
    expect(lines().map((line) => line.split(' ')[0])).toEqual(['POST', 'GET']);
  });

  test('the key is for the create, not for the look', async () => {
    const { client, clock, transport } = tryClient([lost, at('1')]);
    await clock.runUntil(client.clusters.create(body, { idempotencyKey: 'my-key' }));
    expect(transport.sent.map(({ headers }) => headers['idempotency-key'])).toEqual(['my-key', undefined]);
  });

  test('a 409 to a key that is honoured is about another create: an own success would have been answered with its 201 again', async () => {
    const { client, clock, lines } = tryClient([keyed, exists, at('1')]);
    expect((await failureOf(clock, client.clusters.create(body))).name).toBe('AlreadyExistsError');
    expect(lines()).toHaveLength(2);
  });

  test.each([
    ['is another than was asked for', { version: '1.30' }],
    ['was there before the call began', { createdAt: '2025-12-31T23:59:50Z' }],
  ])('the error stands when what is there %s', async (_, changes) => {
    const { client, clock } = tryClient([lost, at('1', changes)]);
    expect(await failureOf(clock, client.clusters.create(body))).toMatchObject({ name: 'ConnectionError', outcome: 'unknown' });
  });

  test('the age is judged by the clock of the server', async () => {
    const skewed: ScriptStep = {
      headers: { ETag: '"1.0"', Date: 'Thu, 01 Jan 2026 02:00:00 GMT' },
      body: cluster('prod', { createdAt: '2026-01-01T00:30:00Z' }),
    };
    const { client, clock } = tryClient([lost, skewed]);
    expect(await failureOf(clock, client.clusters.create(body))).toMatchObject({ name: 'ConnectionError', outcome: 'unknown' });
  });

  test('an answer of another shape leaves it open, too, and the look tells', async () => {
    const { client, clock } = tryClient([{ status: 201, body: [] }, at('1')]);
    expect((await clock.runUntil(client.clusters.create(body))).recovered).toBe('already-created');
    const twice = tryClient([{ status: 201, body: [] }, { body: [] }]);
    const error = await failureOf(twice.clock, twice.client.clusters.create(body));
    expect(error).toMatchObject({ name: 'DecodeError', status: 201, outcome: 'applied', cause: { name: 'DecodeError', status: 200 } });
  });

  test('the error of the create stands when the look fails', async () => {
    const { client, clock } = tryClient([unavailable, { status: 403, body: { error: 'no' } }]);
    const error = await failureOf(clock, client.clusters.create(body));
    expect(error).toMatchObject({ name: 'UnavailableError', outcome: 'unknown', cause: { name: 'ForbiddenError' } });
  });

  test('a plain 409 is not looked into', async () => {
    const { client, clock, lines } = tryClient([exists]);
    await failureOf(clock, client.clusters.create(body));
    expect(lines()).toHaveLength(1);
  });
});
