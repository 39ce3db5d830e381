import { STATUS_TABLE } from '@openkupe/contract/status-table';
import { describe, expect, test } from 'vitest';
import {
  AlreadyExistsError,
  ConnectionError,
  InternalError,
  KupeError,
  NotFoundError,
  PreconditionFailedError,
  RateLimitedError,
  UnauthenticatedError,
  UnavailableError,
} from './index.ts';
import type { ScriptStep } from './testing/scripted-transport.ts';
import { cluster, tryClient } from './testing/try-client.ts';

const ONE = '/api/v1/tenants/acme/clusters/prod';
const ok: ScriptStep = { status: 200, headers: { ETag: '"10.1"' }, body: cluster('prod') };
const refused = (status: number, headers: Record<string, string> = {}): ScriptStep => ({
  status,
  headers,
  body: { error: `refused with ${status}` },
});

/** Runs `work` to its end and gives what it threw. */
async function failure(clock: { runUntil<T>(work: Promise<T>): Promise<T> }, work: Promise<unknown>): Promise<KupeError> {
  const caught = await clock.runUntil(
    work.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  if (!(caught instanceof KupeError)) throw new Error(`Expected a KupeError, got ${String(caught)}`);
  return caught;
}

describe('what the errors page asks of a client', () => {
  test('C1: status and message together reach the caller', async () => {
    const { client, clock } = tryClient([refused(403, { 'X-Request-Id': 'r-1' })]);
    const error = await failure(clock, client.clusters.get('prod'));
    expect(error).toMatchObject({ name: 'ForbiddenError', status: 403, message: 'refused with 403', requestId: 'r-1' });
    expect(error.stopReason).toBe('not-retryable');
  });

  test.each(STATUS_TABLE.map((row) => [row.status, row.retry, row.advice] as const))(
    'C2: a GET answered %i is repeated: %s (%s)',
    async (status, isRetried, advice) => {
      const { client, clock, transport } = tryClient([refused(status, { 'Retry-After': '1' }), ok]);
      const isRepeatedAsIs = isRetried && advice !== 're-read';
      if (isRepeatedAsIs) await clock.runUntil(client.clusters.get('prod'));
      else expect((await failure(clock, client.clusters.get('prod'))).status).toBe(status);
      expect(transport.sent).toHaveLength(isRepeatedAsIs ? 2 : 1);
    },
  );

  test('C3: a 404 after an own create is waited through, any other is not', async () => {
    const running = cluster('prod');
    const own = tryClient([{ status: 201, body: running }, refused(404), ok]);
    await own.clock.runUntil(own.client.clusters.create({ name: 'prod' }));
    expect((await own.clock.runUntil(own.client.clusters.waitFor('prod', 'Running'))).value.name).toBe('prod');

    const foreign = tryClient([refused(404)]);
    expect(await failure(foreign.clock, foreign.client.clusters.waitFor('prod', 'Running'))).toBeInstanceOf(NotFoundError);
  });

  test('C4: a 409 is not repeated and says what it is', async () => {
    const { client, clock, transport } = tryClient([refused(409)]);
    expect(await failure(clock, client.clusters.create({ name: 'prod' }))).toBeInstanceOf(AlreadyExistsError);
    expect(transport.sent).toHaveLength(1);
  });

  test('C5: a 500 that persists is surfaced after five attempts with backoff in between', async () => {
    const { client, clock, transport } = tryClient([refused(500)], { isLastRepeated: true });
    const error = await failure(clock, client.clusters.get('prod'));
    expect(error).toBeInstanceOf(InternalError);
    expect(error).toMatchObject({ stopReason: 'attempts-exhausted', retryable: true, message: 'refused with 500' });
    expect(transport.sent).toHaveLength(5);
    expect(error.attempts.map((record) => record.decision)).toEqual(['backoff', 'backoff', 'backoff', 'backoff', 'attempts-exhausted']);
  });

  test('C6: Retry-After is waited for in full, and 5 s when it is missing', async () => {
    const told = tryClient([refused(429, { 'Retry-After': '7' }), ok]);
    await told.clock.runUntil(told.client.clusters.get('prod'));
    expect(told.transport.sent[1]?.atMs).toBeGreaterThanOrEqual(7_000);
    expect(told.transport.sent[1]?.atMs).toBeLessThanOrEqual(7_700);

    const withoutHeader = tryClient([refused(429), ok]);
    await withoutHeader.clock.runUntil(withoutHeader.client.clusters.get('prod'));
    expect(withoutHeader.transport.sent[1]?.atMs).toBeGreaterThanOrEqual(5_000);
    expect(withoutHeader.transport.sent[1]?.atMs).toBeLessThanOrEqual(5_500);
  });

  test('C6: a Retry-After above the 30 s cap is still waited for in full', async () => {
    const { client, clock, transport } = tryClient([refused(429, { 'Retry-After': '45' }), ok]);
    await clock.runUntil(client.clusters.get('prod'));
    expect(transport.sent[1]?.atMs).toBeGreaterThanOrEqual(45_000);
  });

  test('C6: a Retry-After beyond maxRetryAfterMs ends the call at once with the moment to come back', async () => {
    const { client, clock, transport } = tryClient([refused(429, { 'Retry-After': '90' })]);
    const error = await failure(clock, client.clusters.get('prod'));
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error).toMatchObject({ stopReason: 'retry-after-too-long', retryAt: new Date(clock.now() + 90_000) });
    expect(clock.monotonic()).toBe(0);
    expect(transport.sent).toHaveLength(1);
  });

  test('C7: a 401 is not repeated', async () => {
    const { client, clock, transport } = tryClient([refused(401)]);
    expect(await failure(clock, client.clusters.get('prod'))).toBeInstanceOf(UnauthenticatedError);
    expect(transport.sent).toHaveLength(1);
  });

  test('C8: on 412 the update reads again and applies the change to the new state', async () => {
    const second = cluster('prod', { version: '1.31', resourceVersion: '11' });
    const script: ScriptStep[] = [
      ok,
      refused(412),
      { status: 200, headers: { ETag: '"11.1"' }, body: second },
      { status: 200, body: cluster('prod', { version: '1.32' }) },
    ];
    const { client, clock, transport, lines, events } = tryClient(script);
    const seen: string[] = [];
    const answer = await clock.runUntil(
      client.clusters.update('prod', (current) => {
        seen.push(current.resourceVersion);
        return { version: '1.32' };
      }),
    );
    expect(answer.value.version).toBe('1.32');
    expect(seen).toEqual(['10', '11']);
    expect(lines()).toEqual([`GET ${ONE}`, `PATCH ${ONE}`, `GET ${ONE}`, `PATCH ${ONE}`]);
    expect(transport.sent.filter(({ method }) => method === 'PATCH').map(({ headers }) => headers['if-match'])).toEqual([
      '"10.1"',
      '"11.1"',
    ]);
    expect(events.filter(({ type }) => type === 'conflict')).toHaveLength(1);
  });

  test('C8: an update that loses every round gives up with the 412', async () => {
    const script: ScriptStep[] = [(request) => (request.method === 'GET' ? (ok as object) : (refused(412) as object))];
    const { client, clock, transport } = tryClient(script, { isLastRepeated: true });
    const error = await failure(
      clock,
      client.clusters.update('prod', () => ({ version: '1.32' }), { rounds: 3 }),
    );
    expect(error).toBeInstanceOf(PreconditionFailedError);
    expect(transport.sent.filter(({ method }) => method === 'PATCH')).toHaveLength(3);
  });

  test('C9: backoff grows from 1 s, is jittered, and never exceeds 30 s', async () => {
    const { client, clock, transport } = tryClient([refused(503)], { isLastRepeated: true, random: { unit: () => 0.999, bytes: fill } });
    await failure(clock, client.clusters.get('prod'));
    const times = transport.sent.map(({ atMs }) => atMs);
    expect(times.slice(1).map((at, index) => at - (times[index] ?? 0))).toEqual([999, 1_998, 3_996, 7_992]);

    const long = tryClient([refused(503)], {
      isLastRepeated: true,
      random: { unit: () => 0.999, bytes: fill },
      policy: { attempts: 8, deadlineMs: 600_000 },
    });
    await failure(long.clock, long.client.clusters.get('prod'));
    expect(Math.max(...long.events.map((event) => (event.type === 'wait' ? event.waitMs : 0)))).toBe(29_970);
  });

  test('C10: GET, DELETE and PATCH with If-Match are repeated after 503 and after a lost answer', async () => {
    for (const trouble of [refused(503), { failure: 'no-answer' } satisfies ScriptStep]) {
      const get = tryClient([trouble, ok]);
      await get.clock.runUntil(get.client.clusters.get('prod'));
      const remove = tryClient([trouble, { status: 204 }]);
      await remove.clock.runUntil(remove.client.clusters.delete('prod'));
      const patch = tryClient([trouble, ok]);
      await patch.clock.runUntil(patch.client.clusters.patch('prod', { version: '1.32' }, { ifMatch: '"10.1"' }));
      for (const { transport } of [get, remove, patch]) expect(transport.sent).toHaveLength(2);
    }
  });

  test('C10: PATCH without If-Match is not repeated, and the error says that its outcome is unknown', async () => {
    const { client, clock, transport } = tryClient([{ failure: 'no-answer' }]);
    const error = await failure(clock, client.clusters.patch('prod', { version: '1.32' }));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ stopReason: 'not-repeatable', outcome: 'unknown', retryable: false });
    expect(transport.sent).toHaveLength(1);
  });

  test('C11: POST is repeated only with proof: nothing was sent, or the server says that nothing was executed', async () => {
    const create = { displayName: 'ci', role: 'admin' } as const;
    // One read may ask for that proof; whatever becomes of it, it is not repeated either.
    for (const look of [
      refused(503),
      refused(429, { 'Retry-After': '1' }),
      { failure: 'no-answer' } satisfies ScriptStep,
      { body: { items: [] } },
    ]) {
      const lost = tryClient([refused(503), look]);
      const error = await failure(lost.clock, lost.client.apiKeys.create(create));
      expect(error).toBeInstanceOf(UnavailableError);
      expect(error).toMatchObject({ stopReason: 'not-repeatable', outcome: 'unknown' });
      expect(lost.transport.sent.map(({ method }) => method)).toEqual(['POST', 'GET']);
    }

    for (const proof of [
      { failure: 'unreachable' } satisfies ScriptStep,
      refused(503, { 'Retry-Advice': 'back-off; executed=no' }),
      refused(503, { 'Idempotency-Key-Support': 'yes' }),
    ]) {
      const { client, clock, transport } = tryClient([proof, { status: 201, body: { id: 'ak-1', key: 'kupe_x' } }]);
      await clock.runUntil(client.apiKeys.create(create));
      expect(transport.sent).toHaveLength(2);
      expect(transport.sent[0]?.headers['idempotency-key']).toBe(transport.sent[1]?.headers['idempotency-key']);
    }
  });

  test('C12: one call that has to wait for Retry-After holds back every other call of the client', async () => {
    const { client, clock, transport } = tryClient([refused(429, { 'Retry-After': '5' }), ok, ok]);
    const first = client.clusters.get('prod');
    await clock.advance(10);
    const second = client.clusters.get('prod');
    await clock.runUntil(Promise.all([first, second]));
    for (const { atMs } of transport.sent.slice(1)) expect(atMs).toBeGreaterThanOrEqual(5_000);
  });

  test('C13: a PATCH that is refused with anything but 412 ends the update with the message of the body', async () => {
    const { client, clock, transport } = tryClient([ok, refused(400)]);
    const error = await failure(
      clock,
      client.clusters.update('prod', () => ({ version: '9.9' })),
    );
    expect(error).toMatchObject({ name: 'InvalidRequestError', message: 'refused with 400' });
    expect(transport.sent).toHaveLength(2);
  });
});

function fill(length: number): Uint8Array {
  return new Uint8Array(length);
}
