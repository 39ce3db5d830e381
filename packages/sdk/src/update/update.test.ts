import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PreconditionFailedError } from '../errors/by-status.ts';
import { failureOf } from '../testing/outcome-of.ts';
import type { ScriptStep } from '../testing/scripted-transport.ts';
import { cluster, tryClient } from '../testing/try-client.ts';
import { alreadyHas, applied } from './patch-difference.ts';

const at = (resourceVersion: string, changes = {}): ScriptStep => ({
  headers: { ETag: `"${resourceVersion}.0"` },
  body: cluster('prod', { resourceVersion, ...changes }),
});
const conflict: ScriptStep = { status: 412, body: { error: 'Cluster "prod" changed after it was read, so nothing was written' } };
const lost: ScriptStep = { failure: 'no-answer' };
const toNewVersion = () => ({ version: '1.32' });

describe('update', () => {
  test('writes nothing when the change is undefined or changes nothing', async () => {
    for (const patch of [undefined, {}, { version: '1.31' }, { resources: { cpu: '4' } }]) {
      const { client, clock, lines } = tryClient([at('10', { resources: { cpu: '4', memory: '8Gi' } })]);
      const answer = await clock.runUntil(client.clusters.update('prod', () => patch));
      expect(answer.etag).toBe('"10.0"');
      expect(lines()).toHaveLength(1);
    }
  });

  test('an empty resources object clears the limits, so it is a change where there are any', async () => {
    const { client, clock, lines } = tryClient([at('10', { resources: { cpu: '4' } }), at('11')]);
    await clock.runUntil(client.clusters.update('prod', () => ({ resources: {} })));
    expect(lines()).toHaveLength(2);
  });

  test('the change gets a copy: what it does to it is not taken for the present state', async () => {
    const { client, clock, transport } = tryClient([at('10'), at('11', { version: '1.32' })]);
    await clock.runUntil(
      client.clusters.update('prod', (current) => {
        current.version = '1.32';
        return { version: current.version };
      }),
    );
    expect(transport.sent[1]?.body).toEqual({ version: '1.32' });
  });

  test('guards the write by the resourceVersion where no ETag can be seen', async () => {
    const { client, clock, transport } = tryClient([{ body: cluster('prod', { resourceVersion: '10' }) }, at('11')]);
    await clock.runUntil(client.clusters.update('prod', toNewVersion));
    expect(transport.sent[1]?.headers['if-match']).toBe('"10"');
  });

  test('uses the representation that a 412 carries at once, without reading', async () => {
    const current = cluster('prod', { resourceVersion: '11', displayName: 'theirs' });
    const carrying: ScriptStep = { status: 412, headers: { ETag: '"11.0"' }, body: { error: 'changed', current } };
    const { client, clock, transport, lines } = tryClient([at('10'), carrying, at('12')]);
    await clock.runUntil(client.clusters.update('prod', toNewVersion));
    expect(lines().map((line) => line.split(' ')[0])).toEqual(['GET', 'PATCH', 'PATCH']);
    expect(transport.sent[2]?.headers['if-match']).toBe('"11.0"');
    expect(clock.monotonic()).toBe(0);
  });

  test('never uses it after a wait, when it would be stale', async () => {
    const carrying: ScriptStep = { status: 412, headers: { ETag: '"11.0"' }, body: { error: 'changed', current: cluster('prod') } };
    const { client, clock, lines } = tryClient([at('10'), carrying, carrying, carrying, at('13'), at('14')]);
    await clock.runUntil(client.clusters.update('prod', toNewVersion));
    expect(lines().map((line) => line.split(' ')[0])).toEqual(['GET', 'PATCH', 'PATCH', 'PATCH', 'GET', 'PATCH']);
  });

  test('waits on the scale of a round trip, growing and jittered', async () => {
    const steps: ScriptStep[] = [({ method }) => (method === 'GET' ? { ...(at('10') as object), afterMs: 20 } : (conflict as object))];
    const { client, clock, transport } = tryClient(steps, {
      isLastRepeated: true,
      random: { unit: () => 0.999, bytes: (n) => new Uint8Array(n) },
    });
    await failureOf(clock, client.clusters.update('prod', toNewVersion));
    const reads = transport.sent.filter(({ method }) => method === 'GET').map(({ atMs }) => atMs);
    expect(reads.slice(1, 8).map((at, index) => at - (reads[index] ?? 0) - 20)).toEqual([40, 80, 160, 320, 640, 1_279, 1_998]);
  });

  test('a give-up reports what it started from, what it wanted and what it met', async () => {
    const steps = [at('10'), conflict, at('11', { version: '1.33' }), conflict, at('12', { version: '1.34' })];
    const { client, clock, events } = tryClient(steps);
    const error = await failureOf(clock, client.clusters.update('prod', toNewVersion, { rounds: 2 }));
    expect(events.filter(({ type }) => type === 'gave-up')).toEqual([{ type: 'gave-up', call: expect.anything(), error }]);
    expect(error).toBeInstanceOf(PreconditionFailedError);
    expect(error).toMatchObject({ stopReason: 'conflicts-exhausted', retryable: true, outcome: 'not-applied' });
    expect((error as PreconditionFailedError).conflict).toEqual({
      rounds: 2,
      fields: [{ field: 'version', base: '1.31', wanted: '1.32', current: '1.34' }],
    });
    expect(error.message).toContain('version is "1.34", wanted "1.32"');
  });

  test('the deadline is that of the whole update', async () => {
    const steps: ScriptStep[] = [({ method }) => (method === 'GET' ? { ...(at('10') as object), afterMs: 400 } : (conflict as object))];
    const { client, clock } = tryClient(steps, { isLastRepeated: true });
    const error = await failureOf(clock, client.clusters.update('prod', toNewVersion, { timeoutMs: 1_000 }));
    expect(clock.monotonic()).toBe(1_000);
    expect(error).toMatchObject({ name: 'TimeoutError', stopReason: 'deadline', outcome: 'not-applied' });
    expect(clock.sleeping).toBe(0);
  });
});

describe('own echo', () => {
  test('a 412 after a lost answer counts as done when the change is there', async () => {
    const { client, clock, events } = tryClient([at('10'), lost, conflict, at('11', { version: '1.32' })]);
    const answer = await clock.runUntil(client.clusters.update('prod', toNewVersion));
    expect(answer).toMatchObject({ recovered: 'already-applied', etag: '"11.0"' });
    expect(events.filter(({ type }) => type === 'recovered')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'gave-up')).toHaveLength(0);
  });

  test('and is an ordinary conflict when somebody else was faster', async () => {
    const { client, clock, lines } = tryClient([
      at('10'),
      lost,
      conflict,
      at('11', { displayName: 'theirs' }),
      at('12', { version: '1.32' }),
    ]);
    const answer = await clock.runUntil(client.clusters.update('prod', toNewVersion));
    expect(answer.recovered).toBeUndefined();
    expect(lines().map((line) => line.split(' ')[0])).toEqual(['GET', 'PATCH', 'PATCH', 'GET', 'PATCH']);
  });

  test('a change that depends on what it starts from is never silently taken for done', async () => {
    const more = ({ resources }: { resources: { cpu?: string } }) => ({ resources: { cpu: String(Number(resources.cpu ?? 0) + 1) } });
    const { client, clock, transport } = tryClient([
      at('10', { resources: { cpu: '4' } }),
      lost,
      conflict,
      at('11', { resources: { cpu: '5' } }),
    ]);
    const error = await failureOf(clock, client.clusters.update('prod', more));
    expect(error).toBeInstanceOf(PreconditionFailedError);
    expect(error.outcome).toBe('unknown');
    expect(transport.sent.filter(({ method }) => method === 'PATCH')).toHaveLength(2);
  });

  test('a 412 without a lost answer is never taken for our own', async () => {
    const { client, clock } = tryClient([conflict, at('11', { version: '1.32' })]);
    const error = await failureOf(clock, client.clusters.patch('prod', { version: '1.32' }, { ifMatch: '"10.0"' }));
    expect(error).toMatchObject({ name: 'PreconditionFailedError', outcome: 'not-applied' });
  });

  test('a patch of plain values is found to be applied', async () => {
    const { client, clock } = tryClient([{ status: 503 }, conflict, at('11', { version: '1.32' })]);
    const answer = await clock.runUntil(client.clusters.patch('prod', { version: '1.32' }, { ifMatch: '"10.0"' }));
    expect(answer.recovered).toBe('already-applied');
    expect(answer.attempts.map(({ outcome }) => outcome)).toEqual(['unavailable', 'precondition-failed', 'succeeded']);
  });

  test('a 503 that says that nothing was executed leaves nothing open', async () => {
    const notExecuted: ScriptStep = { status: 503, headers: { 'Retry-Advice': 'back-off; executed=no' } };
    const { client, clock } = tryClient([notExecuted, conflict]);
    const error = await failureOf(clock, client.clusters.patch('prod', { version: '1.32' }, { ifMatch: '"10.0"' }));
    expect(error.outcome).toBe('not-applied');
  });

  test('DELETE: a 404 after a lost answer is done, a 404 at first is not', async () => {
    const gone: ScriptStep = { status: 404, body: { error: 'Cluster "prod" does not exist' } };
    const echo = tryClient([lost, gone]);
    expect((await echo.clock.runUntil(echo.client.clusters.delete('prod'))).recovered).toBe('already-deleted');
    const foreign = tryClient([gone]);
    expect((await failureOf(foreign.clock, foreign.client.clusters.delete('prod'))).name).toBe('NotFoundError');
  });

  test('DELETE with If-Match: a 412 after a lost answer is done if the cluster is terminating', async () => {
    const terminating = cluster('prod', { status: { ...cluster('prod').status, phase: 'Terminating' } });
    const echo = tryClient([lost, conflict, { body: terminating }]);
    expect((await echo.clock.runUntil(echo.client.clusters.delete('prod', { ifMatch: '"10.0"' }))).recovered).toBe('already-deleted');
    const other = tryClient([lost, conflict, at('11')]);
    expect((await failureOf(other.clock, other.client.clusters.delete('prod', { ifMatch: '"10.0"' }))).name).toBe(
      'PreconditionFailedError',
    );
  });
});

describe('create', () => {
  const body = { name: 'prod', version: '1.31' };
  const exists: ScriptStep = { status: 409, body: { error: 'Cluster "prod" already exists' } };
  const keyed: ScriptStep = { status: 503, headers: { 'Idempotency-Key-Support': 'yes' } };

  test('a lost answer is resolved by reading', async () => {
    const { client, clock, lines } = tryClient([lost, at('1')]);
    const answer = await clock.runUntil(client.clusters.create(body));
    expect(answer).toMatchObject({ recovered: 'already-created', value: { name: 'prod' } });
    expect(lines().map((line) => line.split(' ')[0])).toEqual(['POST', 'GET']);
  });

  test('a 409 after an attempt of unknown outcome is resolved by reading', async () => {
    const { client, clock } = tryClient([keyed, exists, at('1')]);
    expect((await clock.runUntil(client.clusters.create(body))).recovered).toBe('already-created');
  });

  test.each([
    ['is another than was asked for', { version: '1.30' }],
    ['was there before the call began', { createdAt: '2025-12-31T23:59:50Z' }],
  ])('the error stands when what is there %s', async (_, changes) => {
    const { client, clock } = tryClient([keyed, exists, at('1', changes)]);
    expect(await failureOf(clock, client.clusters.create(body))).toMatchObject({ name: 'AlreadyExistsError', outcome: 'unknown' });
  });

  test('the age is judged by the clock of the server', async () => {
    const skewed: ScriptStep = {
      headers: { ETag: '"1.0"', Date: 'Thu, 01 Jan 2026 02:00:00 GMT' },
      body: cluster('prod', { createdAt: '2026-01-01T00:30:00Z' }),
    };
    const { client, clock } = tryClient([lost, skewed]);
    expect(await failureOf(clock, client.clusters.create(body))).toMatchObject({ name: 'ConnectionError', outcome: 'unknown' });
  });

  test('a plain 409 is not looked into', async () => {
    const { client, clock, lines } = tryClient([exists]);
    await failureOf(clock, client.clusters.create(body));
    expect(lines()).toHaveLength(1);
  });
});

test('law: what a patch was applied to already has it', () => {
  const field = fc.constantFrom('version', 'resources', 'alerts');
  const value = fc.oneof(fc.string(), fc.dictionary(fc.constantFrom('cpu', 'memory', 'a'), fc.string()));
  const object = fc.dictionary(field, value);
  fc.assert(
    fc.property(object, object, (current, patch) => {
      expect(alreadyHas(applied(current, patch), patch)).toBe(true);
    }),
  );
});
