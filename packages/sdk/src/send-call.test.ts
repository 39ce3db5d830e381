import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explain } from './explain.ts';
import { createRetryBudget } from './retry/budget.ts';
import { failureOf } from './testing/outcome-of.ts';
import type { ScriptedReply, ScriptStep } from './testing/scripted-transport.ts';
import { cluster, tryClient } from './testing/try-client.ts';

const ok: ScriptStep = { body: cluster('prod') };
const limited = (retryAfter: string, date?: string): ScriptStep => ({
  status: 429,
  headers: { 'Retry-After': retryAfter, ...(date ? { Date: date } : {}) },
});
const least = { unit: () => 0, bytes: (length: number) => new Uint8Array(length) };

describe('Retry-After', () => {
  test.each([
    ['3', undefined, 3_000],
    ['0.5', undefined, 500],
    ['0', undefined, 0],
    ['Thu, 01 Jan 2026 00:00:09 GMT', undefined, 9_000],
    ['Thu, 01 Jan 2026 05:00:09 GMT', 'Thu, 01 Jan 2026 05:00:00 GMT', 9_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', undefined, 0],
    ['soon', undefined, 5_000],
    ['-3', undefined, 5_000],
    ['1e3', undefined, 5_000],
  ])('%s (Date: %s) is a wait of %i ms', async (header, date, waitMs) => {
    const { client, clock, transport } = tryClient([limited(header, date), ok], { random: least });
    await clock.runUntil(client.clusters.get('prod'));
    expect(transport.sent[1]?.atMs).toBe(waitMs);
  });

  test('of less than a second bounds nothing: a 429 costs an attempt, and a 503 backs off', async () => {
    const hot = { 'Retry-After': '0', 'Retry-Advice': 'wait; executed=no; slot=reserved' };
    const limits = tryClient([{ status: 429, headers: hot }], { isLastRepeated: true });
    await failureOf(limits.clock, limits.client.clusters.get('prod'));
    expect(limits.transport.sent).toHaveLength(5);
    const trouble = tryClient([{ status: 503, headers: { 'Retry-After': '0' } }], { isLastRepeated: true });
    await failureOf(trouble.clock, trouble.client.clusters.get('prod'));
    expect(trouble.clock.monotonic()).toBeGreaterThan(1_000);
  });

  test('that ends at the deadline is not waited for in vain', async () => {
    const { client, clock } = tryClient([limited('10')]);
    const error = await failureOf(clock, client.clusters.get('prod', { timeoutMs: 10_000 }));
    expect(error.stopReason).toBe('retry-after-too-long');
    expect(clock.monotonic()).toBe(0);
    const close = tryClient([limited('9.6'), ok]);
    await close.clock.runUntil(close.client.clusters.get('prod', { timeoutMs: 10_000 }));
  });

  test('holds for a 503 as well', async () => {
    const { client, clock, transport } = tryClient([{ status: 503, headers: { 'Retry-After': '12' } }, ok]);
    await clock.runUntil(client.clusters.get('prod'));
    expect(transport.sent[1]?.atMs).toBeGreaterThanOrEqual(12_000);
  });

  test('law: whatever the headers, nothing crashes, and no wait is shorter than asked for or longer than maxRetryAfterMs', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    const headers = fc.record({ 'retry-after': text, date: text, ratelimit: text, 'ratelimit-policy': text, 'retry-advice': text });
    await fc.assert(
      fc.asyncProperty(headers, fc.constantFrom(429, 503, 500), async (hostile, status) => {
        const { client, clock, events } = tryClient([{ status, headers: hostile }, ok], { isLastRepeated: true });
        await clock.runUntil(client.clusters.get('prod').catch(() => undefined));
        for (const event of events) if (event.type === 'wait') expect(event.waitMs >= 0 && event.waitMs <= 61_000).toBe(true);
        expect(clock.monotonic()).toBeLessThanOrEqual(120_000);
        expect(clock.sleeping).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

describe('an abort', () => {
  test('law: at any moment it ends the call at once with its own reason, sends nothing more and leaves no timer', async () => {
    const reply: fc.Arbitrary<ScriptedReply> = fc.record({
      status: fc.constantFrom(200, 429, 500, 503),
      afterMs: fc.integer({ min: 0, max: 3_000 }),
      headers: fc.constantFrom({}, { 'Retry-After': '3' }, { RateLimit: '"a";r=0;t=1', 'RateLimit-Policy': '"a";q=1;w=1' }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(reply, { minLength: 6, maxLength: 12 }), fc.integer({ min: 0, max: 20_000 }), async (replies, atMs) => {
        const steps = replies.map((one) => ({ ...one, body: cluster('prod') }));
        const { client, clock, transport } = tryClient(steps, { isLastRepeated: true });
        const controller = new AbortController();
        const reason = new Error('enough');
        const calls = Promise.allSettled(Array.from({ length: 5 }, () => client.clusters.get('prod', { signal: controller.signal })));
        await clock.advance(atMs);
        const sentBefore = transport.sent.length;
        controller.abort(reason);
        const results = await calls;
        expect(clock.monotonic()).toBe(atMs);
        expect(transport.sent.length).toBe(sentBefore);
        expect(clock.sleeping).toBe(0);
        for (const result of results)
          if (result.status === 'rejected' && result.reason !== reason) expect(result.reason).toHaveProperty('stopReason');
      }),
      { numRuns: 200 },
    );
  });

  test('between the turn and the sending sends nothing', async () => {
    const controller = new AbortController();
    const { client, clock, transport } = tryClient([{ ...(ok as object), afterMs: 20 }], {
      isLastRepeated: true,
      onEvent: (event) => event.type === 'attempt' && controller.abort(new Error('enough')),
    });
    const first = Array.from({ length: 10 }, (_, index) => client.clusters.get(`c${index}`));
    const late = client.clusters.create({ name: 'late' }, { signal: controller.signal }).catch((reason: unknown) => reason);
    await clock.runUntil(Promise.all(first));
    expect(await clock.runUntil(late)).toMatchObject({ message: 'enough' });
    expect(transport.sent).toHaveLength(10);
  });

  test('before the call sends nothing', async () => {
    const { client, transport } = tryClient([]);
    await expect(client.clusters.get('prod', { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(transport.sent).toHaveLength(0);
  });
});

describe('one call', () => {
  test('timeoutMs is its own deadline', async () => {
    const { client, clock } = tryClient([{ afterMs: 10_000 }]);
    const error = await failureOf(clock, client.clusters.get('prod', { timeoutMs: 700 }));
    expect(error).toMatchObject({ name: 'TimeoutError', stopReason: 'deadline', outcome: 'not-applied' });
    expect(clock.monotonic()).toBe(700);
  });

  test('after a 401 nothing is sent with that credential for a while, then it is tried again', async () => {
    const refused: ScriptStep = { status: 401, body: { error: 'The API key is not valid' } };
    const { client, clock, transport } = tryClient([refused, refused, { body: { items: [] } }, ok]);
    await failureOf(clock, client.clusters.get('prod'));
    const error = await failureOf(clock, client.clusters.get('prod'));
    expect(error).toMatchObject({ name: 'UnauthenticatedError', stopReason: 'credential-refused', status: 401 });
    expect(error.retryAt?.getTime()).toBe(clock.now() + 30_000);
    expect(transport.sent).toHaveLength(1);
    await clock.advance(30_000);
    await failureOf(clock, client.clusters.get('prod'));
    await clock.advance(30_000);
    expect((await failureOf(clock, client.clusters.get('prod'))).stopReason).toBe('credential-refused');
    await clock.runUntil(client.plans.list());
    await clock.advance(30_000);
    await clock.runUntil(client.clusters.get('prod'));
    expect(transport.sent).toHaveLength(4);
  });

  test('after a 401 those who wait in the queue do not send the credential either, and no 5xx restores the trust in it', async () => {
    const { client, clock, transport } = tryClient([{ status: 401, afterMs: 10 }], { isLastRepeated: true });
    await clock.runUntil(Promise.allSettled(Array.from({ length: 50 }, () => client.clusters.list())));
    expect(transport.sent.length).toBeLessThanOrEqual(10);

    const answers: ScriptStep[] = [{ status: 401 }, { status: 503 }, { status: 401 }];
    const trial = tryClient(answers, { policy: { attempts: 1 } });
    for (const waitMs of [30_000, 0, 59_000]) {
      await failureOf(trial.clock, trial.client.clusters.get('prod'));
      await trial.clock.advance(waitMs);
    }
    expect((await failureOf(trial.clock, trial.client.clusters.get('prod'))).message).toContain('nothing was sent');
    expect(trial.transport.sent).toHaveLength(3);
  });

  test.each([{ idempotencyKey: 'a\nb' }, { ifMatch: '"€"' }])(
    'a value that no header can carry is refused before anything is sent: %j',
    async (options) => {
      const { client, clock, transport } = tryClient([ok]);
      await expect(client.clusters.patch('prod', { version: '1.32' }, options)).rejects.toThrow(TypeError);
      expect(transport.sent).toHaveLength(0);
      await clock.runUntil(client.clusters.get('prod'));
    },
  );

  test.each([Number.NaN, -1])('timeoutMs: %d is refused', async (timeoutMs) => {
    const { client } = tryClient([]);
    await expect(client.clusters.list({ timeoutMs })).rejects.toThrow(RangeError);
  });

  test('a 429 is repeated whatever the method: it says that nothing was done', async () => {
    const { client, clock, transport } = tryClient([limited('1'), { status: 201, body: { id: 'ak-1' } }]);
    await clock.runUntil(client.apiKeys.create({ displayName: 'ci', role: 'admin' }));
    expect(transport.sent).toHaveLength(2);
  });

  test('an answer without key support takes back what an earlier one announced', async () => {
    const created = { status: 201, body: { id: 'ak-1' } };
    const { client, clock, transport } = tryClient([
      { ...created, headers: { 'Idempotency-Key-Support': 'yes' } },
      created,
      { status: 503 },
    ]);
    for (let call = 0; call < 2; call++) await clock.runUntil(client.apiKeys.create({ displayName: 'ci', role: 'admin' }));
    expect((await failureOf(clock, client.apiKeys.create({ displayName: 'ci', role: 'admin' }))).stopReason).toBe('not-repeatable');
    expect(transport.sent.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST', 'GET']);
  });

  test('public routes carry no credential', async () => {
    const { client, clock, transport } = tryClient([{ body: { items: [] } }]);
    await clock.runUntil(client.plans.list());
    expect(transport.sent[0]?.headers).not.toHaveProperty('authorization');
  });

  test('a key is kept for all attempts, and a keyed request that is still running is waited for', async () => {
    const keyed = { 'Idempotency-Key-Support': 'yes' };
    const running: ScriptStep = { status: 409, headers: { ...keyed, 'Retry-Advice': 'wait; executed=unknown', 'Retry-After': '1' } };
    const { client, clock, transport } = tryClient([{ status: 500, headers: keyed }, running, { status: 201, body: { id: 'ak-1' } }]);
    await clock.runUntil(client.apiKeys.create({ displayName: 'ci', role: 'admin' }, { idempotencyKey: 'mine' }));
    expect(transport.sent.map(({ headers }) => headers['idempotency-key'])).toEqual(['mine', 'mine', 'mine']);
  });

  test('counts its attempts; a 429 that it waited out is none', async () => {
    const waitOut: ScriptStep = { status: 429, headers: { 'Retry-After': '1', 'Retry-Advice': 'wait; executed=no' } };
    const { client, clock, transport } = tryClient([waitOut, { status: 503 }, waitOut, { failure: 'no-answer' }, ok, ok]);
    await clock.runUntil(client.clusters.get('prod'));
    await clock.runUntil(client.clusters.get('prod'));
    expect(transport.sent.map(({ attempt }) => attempt)).toEqual([1, 1, 2, 2, 3, 1]);
  });

  test('every attempt is on the answer with its why, and explain() tells it', async () => {
    const { client, clock } = tryClient([limited('2'), { status: 503, headers: { 'X-Request-Id': 'r-2' } }, ok]);
    const answer = await clock.runUntil(client.clusters.get('prod'));
    expect(answer.attempts.map(({ decision }) => decision)).toEqual(['retry-after', 'backoff', 'done']);
    expect(answer.attempts[1]).toMatchObject({ attempt: 2, status: 503, requestId: 'r-2', budgetLeft: expect.any(Number) });
    expect(explain(answer)).toMatch(
      /Succeeded after 3 attempts\n {2}1\. 429 rate-limited in 0.0 s → wait 2\.\d s: the server said how long/,
    );

    const failing = tryClient([{ status: 500, body: { error: 'boom' } }], { isLastRepeated: true });
    const text = explain(await failureOf(failing.clock, failing.client.clusters.get('prod')));
    expect(text).toContain('InternalError: boom');
    expect(text).toContain('Stopped: no attempts left. The change is not applied; the same call may succeed later.');
  });

  test('a body that is not of this API is a DecodeError that tells whether the change happened', async () => {
    const html: ScriptStep = { status: 201, body: '<html>' };
    const trial = tryClient([html, { status: 404 }]);
    expect(await failureOf(trial.clock, trial.client.clusters.create({ name: 'prod' }))).toMatchObject({
      name: 'DecodeError',
      outcome: 'applied',
    });
    const list = tryClient([{ body: { clusters: [] } }]);
    expect((await failureOf(list.clock, list.client.clusters.list())).name).toBe('DecodeError');
    const redirect = tryClient([{ status: 302, headers: { Location: 'https://elsewhere.test' } }]);
    expect((await failureOf(redirect.clock, redirect.client.clusters.list())).name).toBe('DecodeError');
  });

  test('what a listener throws does not reach the call', async () => {
    const onEvent = () => {
      throw new Error('listener');
    };
    const { client, clock } = tryClient([ok], { onEvent });
    await clock.runUntil(client.clusters.get('prod'));
  });
});

describe('the retry budget', () => {
  const always = new AbortController().signal;

  test('covers ten retries at once, then two a second, and one more for every five calls', async () => {
    const clock = createManualClock();
    const budget = createRetryBudget(clock);
    let taken = 0;
    for (let retry = 0; retry < 30; retry++) void budget.take(always).then(() => taken++);
    await clock.advance(0);
    expect(taken).toBe(10);
    await clock.advance(2_000);
    expect(taken).toBe(14);
    for (let call = 0; call < 10; call++) budget.deposit();
    await clock.advance(0);
    expect(taken).toBe(16);
  });

  test('is given back by a retry that succeeds, so that a passing trouble of hundreds of calls is made up for at once', async () => {
    const trial = tryClient(
      [
        ({ url }) =>
          trial.clock.monotonic() < 500 ? { status: 503, afterMs: 20 } : { body: cluster(url.split('/').at(-1) ?? ''), afterMs: 20 },
      ],
      { isLastRepeated: true },
    );
    const { client, clock } = trial;
    const calls = Array.from({ length: 400 }, (_, index) => client.clusters.get(`c${index}`));
    await clock.runUntil(Promise.all(calls));
    expect(clock.monotonic()).toBeLessThan(10_000);
  });

  test('adds at most a fifth to the load of a server that keeps failing, and a call that leaves the queue leaves no timer', async () => {
    const { client, clock, transport } = tryClient([{ status: 503 }], { isLastRepeated: true, policy: { deadlineMs: 20_000 } });
    const calls = Array.from({ length: 300 }, (_, index) => client.clusters.get(`c${index}`).catch(() => undefined));
    await clock.runUntil(Promise.all(calls));
    expect(transport.sent.length).toBeLessThanOrEqual(300 + 60 + 10 + 2 * 20);
    expect(clock.sleeping).toBe(0);
  });
});
