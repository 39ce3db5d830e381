import { describe, expect, test } from 'vitest';
import { failureOf } from '../testing/outcome-of.ts';
import type { ScriptStep } from '../testing/scripted-transport.ts';
import { cluster, tryClient } from '../testing/try-client.ts';
import { pollIntervalMs } from './wait-until.ts';

const inPhase = (name: string, phase: 'Pending' | 'Provisioning' | 'Running', generation = 1) =>
  cluster(name, { generation, status: { ...cluster(name).status, phase, observedGeneration: 1 } });

describe('waitFor', () => {
  test('looks rarely: a tenth of what has passed, between 1 and 30 s', () => {
    expect([0, 5_000, 60_000, 3_600_000].map((elapsed) => pollIntervalMs(elapsed, 0.5))).toEqual([1_000, 1_000, 6_000, 30_000]);
    expect([pollIntervalMs(60_000, 0), pollIntervalMs(60_000, 0.999)]).toEqual([5_400, 6_599]);
  });

  test('a cluster that takes five minutes costs few looks and is seen within a tenth of that', async () => {
    const step: ScriptStep = () => ({ body: inPhase('prod', trial.clock.monotonic() < 300_000 ? 'Provisioning' : 'Running') });
    const trial = tryClient([step], { isLastRepeated: true });
    await trial.clock.runUntil(trial.client.clusters.waitFor('prod', 'Running'));
    expect(trial.transport.sent.length).toBeLessThan(50);
    expect(trial.clock.monotonic()).toBeLessThan(333_000);
  });

  test('by events it is seen at once, and the stream is closed with the wait', async () => {
    const stream = { headers: { 'content-type': 'text/event-stream' }, body: '', afterMs: 3_600_000 };
    const step: ScriptStep = ({ url, onText }) => {
      const phase = trial.clock.monotonic() < 10_000 ? 'Provisioning' : 'Running';
      if (!url.includes('/events')) return { headers: { 'Retry-After': '40' }, body: inPhase('prod', phase) };
      void trial.clock.sleep(10_500).then(() => onText?.('data: {"revision":4,"kind":"cluster","name":"prod"}\nid: 4\n\n'));
      return stream;
    };
    const trial = tryClient([step], { isLastRepeated: true });
    await trial.clock.runUntil(trial.client.clusters.waitFor('prod', 'Running', { byEvents: true }));
    expect(trial.clock.monotonic()).toBe(10_500);
    expect(trial.transport.sent.filter(({ path }) => path.includes('/events')).map(({ path }) => path)).toEqual([
      '/api/v1/tenants/acme/events?watch=true&kind=cluster&name=prod',
    ]);
  });

  test('by events it is not read before the server allows it', async () => {
    const step: ScriptStep = ({ url, onText }) => {
      if (url.includes('/events')) {
        for (const ms of [1_500, 2_500, 3_500])
          void trial.clock.sleep(ms).then(() => onText?.(`data: {"revision":4,"kind":"cluster","name":"prod"}\nid: ${ms}\n\n`));
        return { headers: { 'content-type': 'text/event-stream' }, body: '', afterMs: 3_600_000 };
      }
      if (trial.clock.monotonic() >= 1_000) return { body: inPhase('prod', 'Running') };
      return { status: 503, headers: { 'Retry-After': '300' }, body: { error: 'slowly' } };
    };
    const trial = tryClient([step], { isLastRepeated: true });
    await trial.clock.runUntil(trial.client.clusters.waitFor('prod', 'Running', { byEvents: true }));
    expect(trial.clock.monotonic()).toBeGreaterThanOrEqual(300_000);
  });

  test('by events it opens no stream where there is nothing to wait for, or nothing is allowed', async () => {
    const done = tryClient([{ body: inPhase('prod', 'Running') }]);
    await done.clock.runUntil(done.client.clusters.waitFor('prod', 'Running', { byEvents: true }));
    const refused = tryClient([{ status: 401, body: { error: 'no' } }]);
    await failureOf(refused.clock, refused.client.clusters.waitFor('prod', 'Running', { byEvents: true }));
    expect([done, refused].map(({ transport }) => transport.sent.length)).toEqual([1, 1]);
  });

  test.each([404, 400, 200])('by events it goes by the time where the stream is answered %d', async (status) => {
    const step: ScriptStep = ({ url }) =>
      url.includes('/events')
        ? { status, body: { items: [] } }
        : { body: inPhase('prod', trial.clock.monotonic() < 60_000 ? 'Provisioning' : 'Running') };
    const trial = tryClient([step], { isLastRepeated: true });
    await trial.clock.runUntil(trial.client.clusters.waitFor('prod', 'Running', { byEvents: true }));
    expect(trial.clock.monotonic()).toBeLessThan(67_000);
    expect(trial.transport.sent.filter(({ path }) => path.includes('/events'))).toHaveLength(1);
  });

  test('the hint of the server decides when to look again', async () => {
    const { client, clock, transport } = tryClient([
      { headers: { 'Retry-After': '17' }, body: inPhase('prod', 'Pending') },
      { body: cluster('prod') },
    ]);
    await clock.runUntil(client.clusters.waitFor('prod', 'Running'));
    expect(transport.sent[1]?.atMs).toBe(17_000);
  });

  test('a hint beyond the end does not keep it from looking once more before that', async () => {
    const { client, clock, transport } = tryClient([
      { headers: { 'Retry-After': '3600' }, body: inPhase('prod', 'Pending') },
      { body: cluster('prod') },
    ]);
    await clock.runUntil(client.clusters.waitFor('prod', 'Running', { timeoutMs: 60_000 }));
    expect(transport.sent[1]?.atMs).toBe(59_000);
  });

  test('a hint of less than a second is none', async () => {
    const { client, clock, transport } = tryClient([{ headers: { 'Retry-After': '0.001' }, body: inPhase('prod', 'Pending') }], {
      isLastRepeated: true,
    });
    await failureOf(clock, client.clusters.waitFor('prod', 'Running', { timeoutMs: 10_000 }));
    expect(transport.sent.length).toBeLessThanOrEqual(12);
  });

  test('what an error said about coming back is waited for in full', async () => {
    const busy: ScriptStep = { status: 503, headers: { 'Retry-After': '50' } };
    const { client, clock, transport } = tryClient([busy, { body: cluster('prod') }], { policy: { maxRetryAfterMs: 10_000 } });
    await clock.runUntil(client.clusters.waitFor('prod', 'Running', { timeoutMs: 50_500 }));
    expect(transport.sent[1]?.atMs).toBe(50_000);
  });

  test('an own create that was deleted, or seen and lost, is not waited for', async () => {
    const made: ScriptStep = { status: 201, body: inPhase('prod', 'Pending') };
    const gone: ScriptStep = { status: 404, body: { error: 'Cluster "prod" does not exist' } };
    const deleted = tryClient([made, { status: 204 }, gone]);
    await deleted.clock.runUntil(deleted.client.clusters.create({ name: 'prod' }));
    await deleted.clock.runUntil(deleted.client.clusters.delete('prod'));
    expect((await failureOf(deleted.clock, deleted.client.clusters.waitFor('prod', 'Running'))).name).toBe('NotFoundError');
    const seen = tryClient([made, { body: inPhase('prod', 'Pending') }, gone]);
    await seen.clock.runUntil(seen.client.clusters.create({ name: 'prod' }));
    await seen.clock.runUntil(seen.client.clusters.get('prod'));
    expect((await failureOf(seen.clock, seen.client.clusters.waitFor('prod', 'Running'))).name).toBe('NotFoundError');
    const lost = tryClient([made, gone, { body: inPhase('prod', 'Provisioning') }, gone]);
    await lost.clock.runUntil(lost.client.clusters.create({ name: 'prod' }));
    expect((await failureOf(lost.clock, lost.client.clusters.waitFor('prod', 'Running'))).name).toBe('NotFoundError');
    expect(lost.transport.sent).toHaveLength(4);
  });

  test('the cause of a wait whose last read was cut off is what the read before said', async () => {
    const away: ScriptStep = { status: 503, body: { error: 'the store is away' } };
    const { client, clock } = tryClient([away, { afterMs: 60_000 }], { isLastRepeated: true, policy: { attempts: 1 } });
    const error = await failureOf(clock, client.clusters.waitFor('prod', 'Running', { timeoutMs: 5_000 }));
    expect(error).toMatchObject({ name: 'TimeoutError', stopReason: 'deadline', cause: { message: 'the store is away' } });
    expect(clock.monotonic()).toBe(5_000);
  });

  test('a listener that throws does not end it', async () => {
    const { client, clock } = tryClient([{ body: inPhase('prod', 'Pending') }, { body: cluster('prod') }]);
    const onProgress = () => {
      throw new Error('listener');
    };
    expect((await clock.runUntil(client.clusters.waitFor('prod', 'Running', { onProgress }))).value.name).toBe('prod');
  });

  test('many waits share one read of the list', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `c${index}`);
    const step: ScriptStep = ({ url }) => {
      const phase = trial.clock.monotonic() < 120_000 ? 'Provisioning' : 'Running';
      const name = new URL(url).pathname.split('/')[6];
      return { afterMs: 20, body: name === undefined ? { items: names.map((one) => inPhase(one, phase)) } : inPhase(name, phase) };
    };
    const trial = tryClient([step], { isLastRepeated: true });
    const answers = await trial.clock.runUntil(Promise.all(names.map((name) => trial.client.clusters.waitFor(name, 'Running'))));
    expect(answers.map(({ value }) => value.name)).toEqual(names);
    expect(trial.transport.sent.length).toBeLessThan(150);
    expect(trial.clock.sleeping).toBe(0);
  });

  test('a wait that gives up does not end the read of the others', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const step: ScriptStep = ({ url }) => {
      const phase = trial.clock.monotonic() < 900 ? 'Pending' : 'Running';
      const name = new URL(url).pathname.split('/')[6];
      if (name !== undefined) return { body: inPhase(name, phase) };
      return { afterMs: phase === 'Running' ? 500 : 0, body: { items: names.map((one) => inPhase(one, phase)) } };
    };
    const trial = tryClient([step], { isLastRepeated: true });
    const controller = new AbortController();
    const waits = names.map((name) => trial.client.clusters.waitFor(name, 'Running', name === 'a' ? { signal: controller.signal } : {}));
    const settled = Promise.allSettled(waits);
    await trial.clock.advance(1_200);
    controller.abort(new Error('enough'));
    const results = await trial.clock.runUntil(settled);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect(trial.clock.sleeping).toBe(0);
  });

  test('a read from before an own create does not make what was created look deleted', async () => {
    let exists = false;
    const list = () => ['a', 'b', 'c', ...(exists ? ['new'] : [])].map((name) => inPhase(name, 'Provisioning'));
    const step: ScriptStep = ({ url, method }) => {
      const name = new URL(url).pathname.split('/')[6];
      if (method === 'POST') {
        exists = true;
        return { status: 201, body: inPhase('new', 'Pending') };
      }
      return name ? { body: inPhase(name, 'Provisioning') } : { afterMs: 500, body: { items: list() } };
    };
    const { client, clock, transport } = tryClient([step], { isLastRepeated: true });
    const others = Promise.allSettled(['a', 'b', 'c'].map((name) => client.clusters.waitFor(name, 'Running', { timeoutMs: 8_000 })));
    await clock.advance(100);
    expect(transport.sent.at(-1)?.path).toMatch(/clusters$/);
    await client.clusters.create({ name: 'new' });
    expect((await failureOf(clock, client.clusters.waitFor('new', 'deleted', { timeoutMs: 5_000 }))).name).toBe('TimeoutError');
    await clock.runUntil(others);
  });

  test('a generation has to be applied, not only a phase reached', async () => {
    const applied = cluster('prod', { generation: 2, status: { ...cluster('prod').status, observedGeneration: 2 } });
    const { client, clock, transport } = tryClient([{ body: inPhase('prod', 'Running', 2) }, { body: applied }]);
    await clock.runUntil(client.clusters.waitFor('prod', 'Running', { generation: 2 }));
    expect(transport.sent).toHaveLength(2);
  });

  test('deleted is reached when the cluster is not there, and a condition sees the absence', async () => {
    const gone: ScriptStep = { status: 404, body: { error: 'Cluster "prod" does not exist' } };
    const deleting = tryClient([{ body: cluster('prod') }, gone]);
    expect((await deleting.clock.runUntil(deleting.client.clusters.waitFor('prod', 'deleted'))).value).toBeUndefined();
    const seen: (string | undefined)[] = [];
    const appearing = tryClient([gone, { body: cluster('prod') }]);
    const isThere = (one: { name: string } | undefined) => {
      seen.push(one?.name);
      return one !== undefined;
    };
    await appearing.clock.runUntil(appearing.client.clusters.waitFor('prod', isThere));
    expect(new Set(seen)).toEqual(new Set([undefined, 'prod']));
  });

  test('an outage in between does not end the wait, a refusal does', async () => {
    const outage = tryClient([...Array.from({ length: 7 }, () => ({ status: 503 })), { body: cluster('prod') }]);
    await outage.clock.runUntil(outage.client.clusters.waitFor('prod', 'Running'));
    const refused = tryClient([{ status: 403, body: { error: 'no' } }]);
    expect((await failureOf(refused.clock, refused.client.clusters.waitFor('prod', 'Running'))).name).toBe('ForbiddenError');
  });

  test('tells what it sees, and at the end of its time says what it waited for', async () => {
    const { client, clock } = tryClient([{ body: inPhase('prod', 'Provisioning') }], { isLastRepeated: true });
    const phases: (string | undefined)[] = [];
    const wait = client.clusters.waitFor('prod', 'Running', {
      timeoutMs: 10_000,
      onProgress: ({ current }) => phases.push(current?.status.phase),
    });
    const error = await failureOf(clock, wait);
    expect(error).toMatchObject({
      name: 'TimeoutError',
      stopReason: 'deadline',
      message: expect.stringContaining('Cluster "prod" was not Running'),
    });
    expect(clock.monotonic()).toBe(10_000);
    expect(phases.length).toBeGreaterThan(5);
    expect(new Set(phases)).toEqual(new Set(['Provisioning']));
    expect(clock.sleeping).toBe(0);
  });
});
