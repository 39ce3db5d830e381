import { describe, expect, test } from 'vitest';
import { PreconditionFailedError } from '../errors/by-status.ts';
import { failureOf } from '../testing/outcome-of.ts';
import type { ScriptStep } from '../testing/scripted-transport.ts';
import { cluster, tryClient } from '../testing/try-client.ts';

const at = (resourceVersion: string, changes = {}): ScriptStep => ({
  headers: { ETag: `"${resourceVersion}.0"` },
  body: cluster('prod', { resourceVersion, ...changes }),
});
const conflict: ScriptStep = { status: 412, body: { error: 'Cluster "prod" changed after it was read, so nothing was written' } };
const lost: ScriptStep = { failure: 'no-answer' };
const toNewVersion = () => ({ version: '1.32' });

describe('a write whose answer got lost', () => {
  test('a 412 after a lost answer counts as done when the change is there', async () => {
    const { client, clock, events } = tryClient([at('10'), lost, conflict, at('11', { version: '1.32' })]);
    const answer = await clock.runUntil(client.clusters.update('prod', toNewVersion));
    expect(answer.attempts.map(({ outcome }) => outcome)).toEqual(['succeeded', 'no-answer', 'precondition-failed', 'succeeded']);
    expect(answer).toMatchObject({ recovered: 'already-applied', etag: '"11.0"' });
    expect(events.filter(({ type }) => type === 'recovered')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'gave-up')).toHaveLength(0);
  });

  test('and is an ordinary conflict when another writer was faster', async () => {
    const slowly = { ...at('10'), afterMs: 500 };
    const { client, clock, lines, transport } = tryClient([
      slowly,
      lost,
      conflict,
      at('11', { displayName: 'theirs' }),
      at('12', { version: '1.32' }),
    ]);
    const answer = await clock.runUntil(client.clusters.update('prod', toNewVersion));
    expect(answer.recovered).toBeUndefined();
    expect(lines().map((line) => line.split(' ')[0])).toEqual(['GET', 'PATCH', 'PATCH', 'GET', 'PATCH']);
    expect(transport.sent[4]?.atMs).toBe(transport.sent[3]?.atMs);
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

  test('nor is one whose bound hides that: it would be applied twice on the way there', async () => {
    const more = ({ resources }: { resources: { cpu?: string } }) => ({
      resources: { cpu: String(Math.min(5, Number(resources.cpu) + 1)) },
    });
    const { client, clock, transport } = tryClient([
      at('10', { resources: { cpu: '3' } }),
      lost,
      conflict,
      at('11', { resources: { cpu: '4' } }),
    ]);
    const error = await failureOf(clock, client.clusters.update('prod', more));
    expect(error).toMatchObject({ name: 'PreconditionFailedError', outcome: 'unknown', retryable: false });
    expect(transport.sent.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual(
      Array.from({ length: 2 }, () => ({ resources: { cpu: '4' } })),
    );
  });

  test('nor is one that rests on its bound now and would not on what is there', async () => {
    const more = ({ resources }: { resources: { cpu?: string } }) => ({
      resources: { cpu: String(Math.min(5, Number(resources.cpu) + 1)) },
    });
    const script = [at('10', { resources: { cpu: '4' } }), lost, conflict, at('11', { resources: { cpu: '3' } })];
    const { client, clock } = tryClient(script);
    expect(await failureOf(clock, client.clusters.update('prod', more))).toMatchObject({ outcome: 'unknown', retryable: false });
  });

  test('the report of an update that loses after a lost answer has what was read for it', async () => {
    const { client, clock, transport } = tryClient([at('10'), lost, conflict, at('11', { version: '1.30' })]);
    const error = (await failureOf(clock, client.clusters.update('prod', toNewVersion, { rounds: 1 }))) as PreconditionFailedError;
    expect(error.conflict?.fields).toEqual([{ field: 'version', base: '1.31', wanted: '1.32', current: '1.30' }]);
    expect(error.outcome).toBe('unknown');
    expect(transport.sent).toHaveLength(4);
  });

  test('what others settled meanwhile is not called our own', async () => {
    const claim = ({ displayName }: { displayName: string }) => (displayName === 'free' ? { version: '1.32' } : undefined);
    const { client, clock, events } = tryClient([
      at('10', { displayName: 'free' }),
      lost,
      conflict,
      at('11', { displayName: 'theirs', version: '1.30' }),
    ]);
    const answer = await clock.runUntil(client.clusters.update('prod', claim));
    expect(answer.recovered).toBeUndefined();
    expect(answer.value.version).toBe('1.30');
    expect(events.filter(({ type }) => type === 'recovered' || type === 'conflict')).toHaveLength(0);
  });

  test('a change that throws when it sees its own result leaves open what was written', async () => {
    const once = ({ version }: { version: string }) => {
      if (version === '1.32') throw new Error('It is 1.32 already');
      return { version: '1.32' };
    };
    const { client, clock } = tryClient([at('10'), lost, conflict, at('11', { version: '1.32' })]);
    const error = await failureOf(clock, client.clusters.update('prod', once));
    expect(error).toMatchObject({ outcome: 'unknown', retryable: false, cause: { message: 'It is 1.32 already' } });
  });

  test('a write that may have happened stays unknown when the update fails later', async () => {
    const theirs = at('11', { displayName: 'theirs' });
    const { client, clock } = tryClient([at('10'), lost, conflict, theirs, { status: 400, body: { error: 'no' } }]);
    const error = await failureOf(clock, client.clusters.update('prod', toNewVersion));
    expect(error).toMatchObject({ name: 'InvalidRequestError', outcome: 'unknown' });
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
    const done = tryClient([lost, gone]);
    expect((await done.clock.runUntil(done.client.clusters.delete('prod'))).recovered).toBe('already-deleted');
    const foreign = tryClient([gone]);
    expect((await failureOf(foreign.clock, foreign.client.clusters.delete('prod'))).name).toBe('NotFoundError');
  });

  test('DELETE with If-Match: a 412 after a lost answer is done if the cluster is terminating', async () => {
    const terminating = cluster('prod', { status: { ...cluster('prod').status, phase: 'Terminating' } });
    const done = tryClient([lost, conflict, { body: terminating }]);
    expect((await done.clock.runUntil(done.client.clusters.delete('prod', { ifMatch: '"10.0"' }))).recovered).toBe('already-deleted');
    const gone = tryClient([lost, conflict, { status: 404 }]);
    expect((await gone.clock.runUntil(gone.client.clusters.delete('prod', { ifMatch: '"10.0"' }))).recovered).toBe('already-deleted');
    const other = tryClient([lost, conflict, at('11')]);
    expect((await failureOf(other.clock, other.client.clusters.delete('prod', { ifMatch: '"10.0"' }))).name).toBe(
      'PreconditionFailedError',
    );
  });
});
