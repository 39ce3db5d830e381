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

  test('writes nothing where no version can be seen at all', async () => {
    const { resourceVersion: _, ...bare } = cluster('prod');
    const { client, clock, transport } = tryClient([{ body: bare }]);
    const error = await failureOf(clock, client.clusters.update('prod', toNewVersion));
    expect(error).toMatchObject({ name: 'DecodeError', outcome: 'not-applied', message: expect.stringContaining('without an ETag') });
    expect(transport.sent).toHaveLength(1);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d rounds', async (rounds) => {
    const { client } = tryClient([]);
    await expect(client.clusters.update('prod', toNewVersion, { rounds })).rejects.toThrow(/^rounds is /);
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
    const { client, clock, lines } = tryClient([at('10'), carrying, carrying, at('13'), at('14')]);
    await clock.runUntil(client.clusters.update('prod', toNewVersion));
    expect(lines().map((line) => line.split(' ')[0])).toEqual(['GET', 'PATCH', 'PATCH', 'GET', 'PATCH']);
  });

  test.each<[string, Record<string, string>, unknown]>([
    ['no tag', {}, cluster('prod')],
    ['an empty tag', { ETag: '' }, cluster('prod')],
    ['a list', { ETag: '"11.0"' }, [cluster('prod')]],
    ['text', { ETag: '"11.0"' }, 'prod'],
    ['null', { ETag: '"11.0"' }, null],
    ['more than anybody means well with', { ETag: '"11.0"' }, { ...cluster('prod'), displayName: 'x'.repeat(128 * 1024) }],
  ])('reads again when a 412 carries %s', async (_what, headers, current) => {
    const { client, clock, lines } = tryClient([
      at('10'),
      { status: 412, headers, body: { error: 'changed', current } },
      at('11'),
      at('12'),
    ]);
    await clock.runUntil(client.clusters.update('prod', toNewVersion));
    expect(lines().map((line) => line.split(' ')[0])).toEqual(['GET', 'PATCH', 'GET', 'PATCH']);
  });

  test('asks for what a 400 and a 412 may carry, and only where there can be one', async () => {
    const { client, clock, transport } = tryClient([at('10'), at('11'), at('12'), { status: 204 }]);
    await clock.runUntil(client.clusters.update('prod', toNewVersion));
    await clock.runUntil(client.clusters.patch('prod', { version: '1.33' }));
    await clock.runUntil(client.clusters.delete('prod', { ifMatch: '"12.0"' }));
    const both = 'application/json, application/problem+json';
    expect(transport.sent.map(({ headers }) => headers.accept)).toEqual(['application/json', both, both, both]);
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

  test('it stays a 412 when the last look fails', async () => {
    const { client, clock } = tryClient([at('10'), conflict, { status: 403, body: { error: 'no' } }]);
    const error = await failureOf(clock, client.clusters.update('prod', toNewVersion, { rounds: 1 }));
    expect(error).toMatchObject({ name: 'PreconditionFailedError', stopReason: 'conflicts-exhausted', outcome: 'not-applied' });
    expect(error.message).not.toContain('undefined');
    expect(error.attempts.map(({ status }) => status)).toEqual([200, 412, 403]);
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
