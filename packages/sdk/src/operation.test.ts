import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KupeError } from './errors/kupe-error.ts';
import type { Client } from './index.ts';
import { failureOf } from './testing/outcome-of.ts';
import type { ScriptStep } from './testing/scripted-transport.ts';
import { cluster, tryClient } from './testing/try-client.ts';
import type { NoAnswerKind } from './transport/transport.ts';

const at = (resourceVersion: string, changes = {}): ScriptStep => ({
  headers: { ETag: `"${resourceVersion}.0"` },
  body: cluster('prod', { resourceVersion, ...changes }),
});
const conflict: ScriptStep = { status: 412, body: { error: 'changed' } };
const lost: ScriptStep = { failure: 'no-answer' };
const silent: ScriptStep = { afterMs: 1e9 };
const forbidden: ScriptStep = { status: 403, body: { error: 'no' } };

type Ask = (client: Client, options?: { timeoutMs?: number; signal?: AbortSignal }) => Promise<unknown>;
const create: Ask = (client, options) => client.clusters.create({ name: 'prod', version: '1.31' }, options);
const update: Ask = (client, options) => client.clusters.update('prod', () => ({ version: '1.32' }), options);
const patch: Ask = (client, options) => client.clusters.patch('prod', { version: '1.32' }, { ifMatch: '"10.0"', ...options });
const remove: Ask = (client, options) => client.clusters.delete('prod', { ifMatch: '"10.0"', ...options });

/** Each operation that reads after a write whose answer was lost, and the script up to that reading. */
const LOOKING: readonly [string, Ask, ScriptStep[]][] = [
  ['create', create, [lost]],
  ['update', update, [at('10'), lost, conflict]],
  ['patch', patch, [lost, conflict]],
  ['delete', remove, [lost, conflict]],
];

describe.each(LOOKING)('%s', (_, ask, script) => {
  test('keeps its deadline while it looks, and says that the change may have happened', async () => {
    const { client, clock, transport } = tryClient([...script, silent], { isLastRepeated: true });
    const error = await failureOf(clock, ask(client, { timeoutMs: 5_000 }));
    expect(clock.monotonic()).toBe(5_000);
    expect(error.outcome).toBe('unknown');
    expect(error.attempts).toHaveLength(transport.sent.length);
    expect(clock.sleeping).toBe(0);
  });

  test('says so when the look fails, with the error of the write and the look as its cause', async () => {
    const { client, clock, events } = tryClient([...script, forbidden]);
    const error = await failureOf(clock, ask(client));
    expect(error.name).toMatch(/^(ConnectionError|PreconditionFailedError)$/);
    expect(error.outcome).toBe('unknown');
    expect(error.attempts.map(({ outcome }) => outcome).at(-1)).toBe('forbidden');
    expect(events.filter(({ type }) => type === 'gave-up')).toEqual([{ type: 'gave-up', call: expect.anything(), error }]);
  });

  test('ends with the reason of the signal while it reads, and emits no event for it', async () => {
    const controller = new AbortController();
    const { client, clock, events } = tryClient([...script, silent]);
    const ended = expect(ask(client, { signal: controller.signal })).rejects.toThrow('enough');
    await clock.advance(2_000);
    controller.abort(new Error('enough'));
    await ended;
    expect(events.some(({ type }) => type === 'gave-up')).toBe(false);
    expect(clock.sleeping).toBe(0);
  });
});

test('a create that is never answered leaves no time to look', async () => {
  const { client, clock, transport } = tryClient([silent]);
  const error = await failureOf(clock, create(client, { timeoutMs: 5_000 }));
  expect(clock.monotonic()).toBe(5_000);
  expect(error).toMatchObject({ name: 'TimeoutError', outcome: 'unknown' });
  expect(transport.sent).toHaveLength(1);
});

test('an update whose write never left the queue has changed nothing', async () => {
  const used = { RateLimit: '"a";r=0;t=60', 'RateLimit-Policy': '"a";q=1;w=60' };
  const { client, clock, transport } = tryClient([{ ...at('10'), headers: { ETag: '"10.0"', ...used } }]);
  const error = await failureOf(clock, update(client, { timeoutMs: 5_000 }));
  expect(error.outcome).toBe('not-applied');
  expect(transport.sent).toHaveLength(1);
});

test('an update that runs out of time keeps what the server said', async () => {
  const ill: ScriptStep = { status: 503, body: { error: 'The store is read-only' }, afterMs: 900 };
  const { client, clock, transport } = tryClient([at('10'), ill], { isLastRepeated: true });
  const error = await failureOf(clock, update(client, { timeoutMs: 2_500 }));
  expect(error).toMatchObject({ message: 'The store is read-only', outcome: 'unknown' });
  expect(error.attempts).toHaveLength(transport.sent.length);
});

test('an answer has a record for each time that something was sent, whichever round it was', async () => {
  const { client, clock, transport } = tryClient([at('10'), conflict, at('11'), at('12', { version: '1.32' })]);
  const answer = await clock.runUntil(client.clusters.update('prod', () => ({ version: '1.32' })));
  expect(transport.sent).toHaveLength(4);
  expect(answer.attempts.map(({ status }) => status)).toEqual([200, 412, 200, 200]);
});

test.each([
  ['a success', (client: Client) => client.clusters.get('prod'), [at('10')], []],
  ['a delete that recovered', (client: Client) => client.clusters.delete('prod'), [lost, { status: 404 }], ['recovered']],
  ['a patch that recovered', patch, [lost, conflict, at('11', { version: '1.32' })], ['recovered']],
  ['a read that failed', (client: Client) => client.clusters.get('prod'), [forbidden], ['gave-up']],
  ['an answer of another shape', (client: Client) => client.clusters.list(), [{ body: [] }], ['gave-up']],
  ['an update that failed', update, [at('10'), forbidden], ['gave-up']],
  ['a wait that failed', (client: Client) => client.clusters.waitFor('prod', 'Running'), [forbidden], ['gave-up']],
] satisfies [string, Ask, ScriptStep[], string[]][])('the end is emitted once: %s', async (_, ask: Ask, script, emitted) => {
  const { client, clock, events } = tryClient(script as ScriptStep[]);
  await clock.runUntil(ask(client).catch(() => {}));
  expect(events.map(({ type }) => type).filter((type) => type === 'gave-up' || type === 'recovered')).toEqual(emitted);
});

test.each([Number.NaN, -1, '5' as unknown as number])('timeoutMs %s is refused by every method', async (timeoutMs) => {
  const { client, transport } = tryClient([]);
  const waitFor: Ask = (one, options) => one.clusters.waitFor('prod', 'Running', options);
  const list: Ask = (one, options) => one.clusters.list(options);
  for (const ask of [create, update, patch, remove, waitFor, list])
    await expect(ask(client, { timeoutMs })).rejects.toThrow(new RangeError(`timeoutMs is ${timeoutMs}; give milliseconds from 0`));
  expect(transport.sent).toHaveLength(0);
});

test('timeoutMs 0 sends nothing', async () => {
  const { client, clock, transport } = tryClient([at('10')]);
  expect(await failureOf(clock, client.clusters.get('prod', { timeoutMs: 0 }))).toMatchObject({ name: 'TimeoutError', retryable: true });
  expect(transport.sent).toHaveLength(0);
});

test('law: whatever the answers, every method ends at its deadline, sends nothing after it and leaves no timer', async () => {
  const waitFor: Ask = (client, options) => client.clusters.waitFor('prod', 'Running', options);
  const afterMs = fc.integer({ min: 0, max: 4_000 });
  const pending = cluster('prod', { status: { ...cluster('prod').status, phase: 'Pending' } });
  const answered = fc.record({
    afterMs,
    status: fc.constantFrom(200, 404, 409, 412, 429, 500, 503),
    headers: fc.constantFrom<Record<string, string>>({}, { ETag: '"10.0"' }, { 'Retry-After': '2' }, { 'Idempotency-Key-Support': 'yes' }),
    body: fc.constantFrom<unknown>(cluster('prod'), pending, { error: 'no' }),
  });
  const unanswered = fc.record({ afterMs, failure: fc.constantFrom<NoAnswerKind>('no-answer', 'unreachable') });
  const reply: fc.Arbitrary<ScriptStep> = fc.oneof(answered, answered, unanswered);
  const asks = fc.constantFrom(create, update, patch, remove, waitFor);
  await fc.assert(
    fc.asyncProperty(
      asks,
      fc.array(reply, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 20_000 }),
      async (ask, replies, timeoutMs) => {
        const { client, clock, transport } = tryClient(replies, { isLastRepeated: true });
        const error: unknown = await clock.runUntil(
          ask(client, { timeoutMs }).then(
            () => undefined,
            (reason: unknown) => reason,
          ),
        );
        expect(error === undefined || error instanceof KupeError).toBe(true);
        expect(clock.monotonic()).toBeLessThanOrEqual(timeoutMs);
        expect(transport.sent.every(({ atMs }) => atMs < timeoutMs)).toBe(true);
        expect(clock.sleeping).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});
