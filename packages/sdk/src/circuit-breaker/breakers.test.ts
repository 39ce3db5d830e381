import { describe, expect, test } from 'vitest';
import { failureOf } from '../testing/outcome-of.ts';
import type { ScriptStep } from '../testing/scripted-transport.ts';
import { cluster, tryClient } from '../testing/try-client.ts';

const sick: ScriptStep = { status: 503, body: { error: 'Cluster "a" is not ready' } };

/** Answers by path and time: `isDown` decides, everything else is well. */
function world(isDown: (path: string, atMs: number) => boolean) {
  const trial = tryClient(
    [
      ({ url }) => {
        const { pathname } = new URL(url);
        if (isDown(pathname, trial.clock.monotonic())) return sick as object;
        const name = pathname.split('/')[6];
        return { body: name === undefined ? { items: [] } : cluster(name) };
      },
    ],
    { isLastRepeated: true, policy: { deadlineMs: 60_000 } },
  );
  return trial;
}

describe('circuit breakers', () => {
  test('one sick resource opens the breaker of its own calls and of no others', async () => {
    const { client, clock, transport } = world((path) => path.endsWith('/a'));
    const sickCalls = Array.from({ length: 20 }, () => client.clusters.get('a').catch(() => undefined));
    await clock.advance(3_000);
    const before = transport.sent.length;
    const healthy = Promise.all(Array.from({ length: 10 }, (_, index) => client.clusters.get(`b${index}`)));
    await clock.advance(0);
    expect(transport.sent.length - before).toBeGreaterThanOrEqual(10);
    await healthy;
    await clock.runUntil(Promise.all(sickCalls));
    expect(transport.sent.filter(({ path }) => path.endsWith('/a')).length).toBeLessThan(40);
  });

  test('many clusters that are not ready yet do not make the origin count as down', async () => {
    const { client, clock, lines } = world((path) => path.endsWith('/kubeconfig'));
    const pending = Array.from({ length: 10 }, (_, index) => client.clusters.connection(`c${index}`).catch(() => undefined));
    await clock.advance(1_500);
    const list = client.clusters.list();
    await clock.advance(0);
    expect(lines().at(-1)).toMatch(/clusters$/);
    await list;
    await clock.runUntil(Promise.all(pending));
  });

  test('an outage of the whole origin: calls wait, a few probes are sent, all succeed when it is over', async () => {
    const { client, clock, transport, events } = world((_, atMs) => atMs < 30_000);
    const calls = Array.from({ length: 100 }, (_, index) => (index % 2 ? client.clusters.list() : client.clusters.get(`c${index % 8}`)));
    const settled = await clock.runUntil(Promise.allSettled(calls));
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
    const during = transport.sent.filter(({ atMs }) => atMs > 1_500 && atMs < 30_000);
    expect(during.length).toBeLessThan(40);
    expect(events.some(({ type }) => type === 'circuit-open')).toBe(true);
    expect(events.some(({ type }) => type === 'probe')).toBe(true);
  });

  test('refused connections count for the origin at once', async () => {
    const { client, clock, transport } = tryClient([{ failure: 'unreachable' }], { isLastRepeated: true, policy: { deadlineMs: 20_000 } });
    const calls = Array.from({ length: 50 }, (_, index) => client.clusters.get(`c${index}`).catch(() => undefined));
    await clock.advance(100);
    const early = transport.sent.length;
    await clock.runUntil(Promise.all(calls));
    expect(early).toBeLessThanOrEqual(16);
    expect(transport.sent.length).toBeLessThan(60);
  });

  test('a lone call keeps to the backoff of the page', async () => {
    const { client, clock, transport } = tryClient([sick], { isLastRepeated: true });
    const error = await failureOf(clock, client.clusters.get('a'));
    expect(error.stopReason).toBe('attempts-exhausted');
    expect(transport.sent).toHaveLength(5);
  });

  test('onOpenCircuit: fail-fast ends a call at once, with the moment of the next probe', async () => {
    const { client, clock, transport } = tryClient([sick], { isLastRepeated: true, policy: { onOpenCircuit: 'fail-fast' } });
    await failureOf(clock, client.clusters.get('a'));
    const error = await failureOf(clock, client.clusters.get('a'));
    expect(error).toMatchObject({ name: 'UnavailableError', stopReason: 'circuit-open', outcome: 'not-applied', retryable: true });
    expect(error.retryAt?.getTime()).toBeGreaterThan(clock.now());
    expect(transport.sent).toHaveLength(5);
  });

  test('a waiting call that is aborted leaves no timer', async () => {
    const { client, clock } = tryClient([sick], { isLastRepeated: true });
    await failureOf(clock, client.clusters.get('a'));
    const controller = new AbortController();
    const waiting = client.clusters.get('a', { signal: controller.signal });
    await clock.advance(10);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(clock.sleeping).toBe(0);
  });

  test('a probe whose answer is lost while others are well leaves nothing down for ever', async () => {
    let state: 'sick' | 'lost' | 'well' = 'sick';
    const { client, clock } = tryClient(
      [
        ({ url }) => {
          if (!url.endsWith('/a') || state === 'well') return { body: cluster('a') };
          return state === 'sick' ? (sick as object) : { failure: 'unreachable', afterMs: 200 };
        },
      ],
      { isLastRepeated: true },
    );
    await failureOf(clock, client.clusters.get('a'));
    await clock.advance(1_000);
    state = 'lost';
    const probe = client.clusters.get('a');
    await clock.advance(50);
    await client.clusters.get('b');
    state = 'well';
    expect((await clock.runUntil(probe)).value.name).toBe('a');
    expect((await clock.runUntil(client.clusters.get('a'))).value.name).toBe('a');
    expect(clock.monotonic()).toBeLessThan(30_000);
  });

  test.each(['wait', 'fail-fast'] as const)(
    'clusters that are not ready on two routes delay no call that would be answered (%s)',
    async (onOpenCircuit) => {
      const isSick = ({ url, method }: { url: string; method: string }) => url.endsWith('/kubeconfig') || method === 'PATCH';
      const { client, clock } = tryClient([(request) => (isSick(request) ? (sick as object) : { body: { items: [] } })], {
        isLastRepeated: true,
        policy: { onOpenCircuit },
      });
      const notReady = Promise.allSettled([
        client.clusters.connection('a'),
        client.clusters.connection('b'),
        client.clusters.patch('c', { version: '1.32' }, { ifMatch: '"1"' }),
      ]);
      await clock.advance(1_500);
      const before = clock.monotonic();
      await client.clusters.list();
      expect(clock.monotonic()).toBe(before);
      await clock.runUntil(notReady);
    },
  );

  test.each([
    ['answers of one resource that break off', { failure: 'no-answer' } satisfies ScriptStep, {}],
    ['deadlines of the caller that are too short', { afterMs: 100, body: cluster('a') } satisfies ScriptStep, { timeoutMs: 50 }],
  ])('%s say nothing about others', async (_, step, options) => {
    const { client, clock } = tryClient([({ url }) => (url.endsWith('/a') ? step : { body: { items: [] } })], {
      isLastRepeated: true,
      policy: { onOpenCircuit: 'fail-fast' },
    });
    for (let call = 0; call < 5; call++) await failureOf(clock, client.clusters.get('a', options));
    await clock.runUntil(client.clusters.list());
  });
});
