import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../testing/outcome-of.ts';
import type { ScriptStep } from '../testing/scripted-transport.ts';
import { tryClient } from '../testing/try-client.ts';
import { createPacer, type Pacer, type Permit } from './pacer.ts';

const always = () => true;
const never = new AbortController().signal;
const list: ScriptStep = { body: { items: [] } };

/** Takes as many turns as are granted at once. */
async function permits(pacer: Pacer, count: number, granted: Permit[] = []): Promise<Permit[]> {
  for (let index = 0; index < count; index++)
    void pacer.acquire({ priority: 1, signal: never, isPatient: always }).then((permit) => granted.push(permit as Permit));
  await new Promise((resolve) => setImmediate(resolve));
  return granted;
}

describe('pacer', () => {
  test('bounds what is in flight, first come, first served', async () => {
    const clock = createManualClock();
    const pacer = createPacer(clock);
    const order: number[] = [];
    const held: Permit[] = [];
    for (let index = 0; index < 40; index++)
      void pacer.acquire({ priority: 1, signal: never, isPatient: always }).then((permit) => {
        order.push(index);
        held.push(permit as Permit);
      });
    await clock.advance(0);
    expect(order).toHaveLength(pacer.concurrency);
    while (held.length > 0) {
      held.shift()?.release();
      await clock.advance(0);
    }
    expect(order).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });

  test('repeated refusals lower the concurrency, successes raise it again', async () => {
    const clock = createManualClock();
    const pacer = createPacer(clock);
    const start = pacer.concurrency;
    for (let round = 0; round < 3; round++) {
      const [permit] = await permits(pacer, 1);
      permit?.refused(0, false);
      await clock.advance(10_000);
    }
    expect(pacer.concurrency).toBeLessThanOrEqual(Math.ceil(start / 8));
    const low = pacer.concurrency;
    for (let round = 0; round < 50; round++) {
      for (const permit of await permits(pacer, pacer.concurrency)) permit.accepted();
      await clock.advance(10_000);
    }
    expect(pacer.concurrency).toBeGreaterThan(low);
  });

  test('a volley of refusals counts once', async () => {
    const clock = createManualClock();
    const pacer = createPacer(clock);
    const granted = await permits(pacer, 4);
    for (const permit of granted) permit.refused(1_000, false);
    const once = pacer.ratePerSecond;
    const other = createPacer(clock);
    const [single] = await permits(other, 1);
    single?.refused(1_000, false);
    expect(once).toBe(other.ratePerSecond);
  });

  test.each([
    ['one second, something accepted before', 1_000, true],
    ['one second, nothing accepted before', 1_000, false],
    ['two seconds', 2_000, true],
  ])('during Retry-After nothing is sent, however often it is one: %s', async (_, waitMs, isAccepted) => {
    const clock = createManualClock();
    const pacer = createPacer(clock);
    const [first, second] = await permits(pacer, 2);
    if (isAccepted) first?.accepted();
    else first?.release();
    second?.refused(waitMs, false);
    const granted = await permits(pacer, 30);
    for (let refusal = 1; refusal <= 4; refusal++) {
      const before = granted.length;
      await clock.advance(waitMs - 1);
      expect(granted).toHaveLength(before);
      await clock.advance(60_000);
      // NOTE: "If you hit 429 repeatedly, reduce request concurrency": to one until something is accepted.
      if (refusal > 1) expect(granted).toHaveLength(before + 1);
      for (const permit of granted.slice(before)) permit.refused(waitMs, false);
    }
  });

  test('during the Retry-After of another call nothing is sent, also where the refused of a volley got different ones', async () => {
    const refused = (seconds: string): ScriptStep => ({ status: 429, headers: { 'Retry-After': seconds } });
    const { client, clock, transport } = tryClient([refused('1'), refused('5'), list, list]);
    await clock.runUntil(Promise.all([client.clusters.list(), client.clusters.list()]));
    expect(transport.sent).toHaveLength(4);
    for (const { atMs } of transport.sent.slice(2)) expect(atMs).toBeGreaterThanOrEqual(5_000);
  });

  test('what was accepted since the last refusal, pauses included, is the rate', async () => {
    const clock = createManualClock();
    const pacer = createPacer(clock);
    const one = async () => {
      const granted = await permits(pacer, 1);
      while (granted.length === 0) await clock.advance(50);
      return granted[0] as Permit;
    };
    (await one()).refused(2_000, false);
    const since = clock.monotonic();
    for (let call = 0; call < 40; call++) (await one()).accepted();
    (await one()).refused(2_000, false);
    const perSecond = 40_000 / (clock.monotonic() - since);
    expect(pacer.ratePerSecond).toBeGreaterThanOrEqual(perSecond * 0.99);
    expect(pacer.ratePerSecond).toBeLessThan(41);
  });

  test('announced quotas are kept before the first refusal', async () => {
    const { client, clock, transport } = tryClient([
      { ...list, headers: { RateLimit: '"address";r=2;t=1', 'RateLimit-Policy': '"address";q=10;w=5' } },
      list,
      list,
      list,
      list,
    ]);
    await clock.runUntil(client.clusters.list());
    await clock.runUntil(Promise.all(Array.from({ length: 4 }, () => client.clusters.list())));
    expect(transport.sent.map(({ atMs }) => atMs)).toEqual([0, 0, 0, 1_000, 1_000]);
  });

  test('a window that opens all at once is waited for, and a quota that never comes back is not', async () => {
    const closed = { RateLimit: '"address";r=0;t=30', 'RateLimit-Policy': '"address";q=100;w=60' };
    const fixed = tryClient([{ ...list, headers: closed }, list, list]);
    await fixed.clock.runUntil(fixed.client.clusters.list());
    await fixed.clock.runUntil(Promise.all([fixed.client.clusters.list(), fixed.client.clusters.list()]));
    expect(fixed.transport.sent.map(({ atMs }) => atMs)).toEqual([0, 30_000, 30_000]);

    const absurd = { RateLimit: '"address";r=0;t=999999999', 'RateLimit-Policy': '"address";q=1;w=999999999' };
    const { client, clock } = tryClient([{ ...list, headers: absurd }, list]);
    await clock.runUntil(client.clusters.list());
    await clock.runUntil(client.clusters.list());
    expect(clock.monotonic()).toBe(60_000);
  });

  test.each(['"a";q=1;w=900', '"a";q=1000;w=10', '"a";q=10;w=3600;pk=:eA==:', '"other";q=1;w=60', '"a"', ''])(
    'a quota is no pace: with the policy %s the wait is what t says',
    async (policy) => {
      const headers = { RateLimit: '"a";r=0;t=2', 'RateLimit-Policy': policy };
      const refused: ScriptStep = { status: 429, headers: { ...headers, 'Retry-After': '2', 'Retry-Advice': 'wait; executed=no' } };
      const { client, clock, transport } = tryClient([{ ...list, headers }, refused, list, list]);
      await clock.runUntil(client.clusters.list());
      await clock.runUntil(client.clusters.list());
      await clock.runUntil(client.clusters.list());
      const [first = 0, second = 0, third = 0, fourth = 0] = transport.sent.map(({ atMs }) => atMs);
      expect(second - first).toBe(2_000);
      expect(third - second).toBeGreaterThanOrEqual(2_000);
      expect(third - second).toBeLessThan(2_300);
      expect(fourth - third).toBeLessThan(1_500);
    },
  );

  test('what is counted in something else than requests, or names no time, makes no wait', async () => {
    const headers = {
      RateLimit: '"a";r=0;t=40, "b";r=0;t=40, "c";r=0',
      'RateLimit-Policy': '"a";q=4;qu="concurrent-requests", "b";q=9;qu="content-bytes";w=60, "c";q=1;w=60',
    };
    const { client, clock } = tryClient([{ ...list, headers }, list]);
    await clock.runUntil(client.clusters.list());
    await clock.runUntil(client.clusters.list());
    expect(clock.monotonic()).toBe(0);
  });

  test('where r is seen to grow again sooner than the whole seconds of t, it is kept to as it grows', async () => {
    const at = (r: number, t: number): ScriptStep => ({ ...list, afterMs: 10, headers: { RateLimit: `"a";r=${r};t=${t}` } });
    const { client, clock, transport } = tryClient([at(1, 1), at(0, 1), at(9, 1), ...Array.from({ length: 9 }, () => at(0, 1)), at(0, 1)]);
    const listing = async (count: number) => {
      for (let call = 0; call < count; call++) await clock.runUntil(client.clusters.list());
    };
    await listing(5);
    const gaps = transport.sent.map(({ atMs }, index) => atMs - (transport.sent[index - 1]?.atMs ?? 0));
    expect(gaps.slice(0, 3)).toEqual([0, 10, 1_010]);
    expect(gaps[3]).toBe(10);
    expect(gaps[4]).toBeGreaterThan(90);
    expect(gaps[4]).toBeLessThan(130);
  });

  test('a window that opens all at once is not anticipated, however much came back when it opened before', async () => {
    const at = (r: number, t: number): ScriptStep => ({ ...list, headers: { RateLimit: `"a";r=${r};t=${t}` } });
    const { client, clock, transport } = tryClient([at(0, 30), at(1, 30), at(0, 29), at(1, 30)]);
    for (let call = 0; call < 4; call++) await clock.runUntil(client.clusters.list());
    expect(transport.sent.map(({ atMs }) => atMs)).toEqual([0, 30_000, 30_000, 59_000]);
  });

  test('fields that cannot be read change nothing', async () => {
    const bad = { RateLimit: '"a";r=x;t=-1, ;;;=', 'RateLimit-Policy': `"a";q=0;w=0${',x'.repeat(1_000)}` };
    const { client, clock } = tryClient([{ ...list, headers: bad }, list]);
    await clock.runUntil(client.clusters.list());
    await clock.runUntil(client.clusters.list());
    expect(clock.monotonic()).toBe(0);
  });

  test('a request with a reserved slot returns at its own time, and the rate does not fall', async () => {
    const refused: ScriptStep = { status: 429, headers: { 'Retry-After': '2', 'Retry-Advice': 'wait; executed=no; slot=reserved' } };
    const { client, clock, transport, events } = tryClient([
      refused,
      list,
      { ...refused, headers: { ...refused.headers, 'Retry-After': '4' } },
      list,
    ]);
    await clock.runUntil(client.clusters.list());
    const rates = () =>
      events.map((event) => (event.type === 'attempt' ? event.record.ratePerSecond : undefined)).filter((rate) => rate !== undefined);
    const before = rates().at(-1) ?? 0;
    await clock.runUntil(client.clusters.list());
    expect(rates().at(-1)).toBeGreaterThanOrEqual(before);
    expect(transport.sent).toHaveLength(4);
    expect((transport.sent[3]?.atMs ?? 0) - (transport.sent[2]?.atMs ?? 0)).toBeGreaterThanOrEqual(4_000);
  });

  test('a 429 burns no attempt while the limit lets others of the client through, or the server says that nothing was executed', async () => {
    const told = { status: 429, headers: { 'Retry-After': '1', 'Retry-Advice': 'wait; executed=no' } };
    const proven = tryClient([...Array.from({ length: 8 }, () => told), list]);
    await proven.clock.runUntil(proven.client.clusters.list());
    expect(proven.transport.sent).toHaveLength(9);

    const unproven = tryClient([{ status: 429, headers: { 'Retry-After': '1' } }], { isLastRepeated: true });
    const error = await failureOf(unproven.clock, unproven.client.clusters.list());
    expect(error.stopReason).toBe('attempts-exhausted');
    expect(unproven.transport.sent).toHaveLength(5);
  });

  test('whoever will not wait as long as everybody was told ends at once, without sending', async () => {
    const { client, clock, transport } = tryClient([{ status: 429, headers: { 'Retry-After': '300' } }]);
    await failureOf(clock, client.clusters.list());
    const error = await failureOf(clock, client.clusters.list());
    expect(error).toMatchObject({ name: 'RateLimitedError', stopReason: 'retry-after-too-long', outcome: 'not-applied' });
    expect(error.retryAt?.getTime()).toBe(clock.now() + 300_000);
    expect(transport.sent).toHaveLength(1);
    expect(clock.monotonic()).toBe(0);
  });

  test('two clients with one credential share the pace; another credential does not', async () => {
    const first = tryClient([{ status: 429, headers: { 'Retry-After': '5' } }, list, list]);
    const { clock, transport } = first;
    const again = { clock, transport };
    const { client: sibling } = tryClient([], again);
    const { client: stranger, transport: other } = tryClient([list], { clock, apiKey: 'kupe_other' });
    const work = first.client.clusters.list();
    await clock.advance(1);
    void stranger.clusters.list();
    await clock.advance(1);
    expect(other.sent).toHaveLength(1);
    void sibling.clusters.list().catch(() => undefined);
    await clock.advance(1_000);
    expect(transport.sent).toHaveLength(1);
    await clock.runUntil(work);
  });

  test('a caller that sends one after the other gets its speed back after a refusal, and after an idle hour', async () => {
    const { client, clock } = tryClient(
      [
        { status: 429, headers: { 'Retry-After': '1' } },
        { ...list, afterMs: 10 },
      ],
      { isLastRepeated: true },
    );
    await clock.runUntil(client.clusters.list());
    const spent = async (calls: number) => {
      const since = clock.monotonic();
      for (let call = 0; call < calls; call++) await clock.runUntil(client.clusters.list());
      return clock.monotonic() - since;
    };
    expect(await spent(500)).toBeLessThan(30_000);
    await clock.advance(3_600_000);
    expect(await spent(20)).toBeLessThan(2_000);
  });

  test('an idle hour before a refusal is no sign of a low limit', async () => {
    const refused: ScriptStep = { status: 429, headers: { 'Retry-After': '1' } };
    const calls = Array.from({ length: 40 }, () => ({ ...list, afterMs: 10 }));
    const { client, clock } = tryClient([list, refused, ...calls, refused, list], { isLastRepeated: true });
    const spent = async (count: number) => {
      const since = clock.monotonic();
      for (let call = 0; call < count; call++) await clock.runUntil(client.clusters.list());
      return clock.monotonic() - since;
    };
    await spent(1);
    await clock.advance(3_600_000);
    expect(await spent(20)).toBeLessThan(60_000);
    await clock.advance(3_600_000);
    expect(await spent(40)).toBeLessThan(15_000);
  });

  test('those that were refused together return no more at once than may be in flight, however their answers were spread', async () => {
    let isOpen = false;
    let asked = 0;
    const { client, clock, transport } = tryClient(
      [
        () => {
          asked += 1;
          return isOpen ? { ...list, afterMs: 500 } : { status: 429, headers: { 'Retry-After': '5' }, afterMs: 100 + asked * 150 };
        },
      ],
      { isLastRepeated: true },
    );
    const calls = Promise.all(Array.from({ length: 10 }, () => client.clusters.list()));
    await clock.advance(2_000);
    isOpen = true;
    const before = transport.sent.length;
    await clock.runUntil(calls);
    const times = transport.sent.slice(before).map(({ atMs }) => atMs);
    expect(Math.max(...times.map((at) => times.filter((other) => other <= at && other > at - 500).length))).toBeLessThanOrEqual(5);
  });

  test('nobody starves: the middle priority is served while the others never end', async () => {
    const clock = createManualClock();
    const pacer = createPacer(clock);
    let isServed = false;
    const keepBusy = (priority: 0 | 2) =>
      void pacer.acquire({ priority, signal: never, isPatient: always }).then((permit) => {
        keepBusy(priority);
        return clock.sleep(10).then(() => (permit as Permit).accepted());
      });
    for (let busy = 0; busy < 100; busy++) keepBusy(busy % 2 === 0 ? 0 : 2);
    void pacer.acquire({ priority: 1, signal: never, isPatient: always }).then(() => {
      isServed = true;
    });
    await clock.advance(200);
    expect(isServed).toBe(true);
  });

  test('an answer that cannot be used gives its permit back', async () => {
    const { client, clock } = tryClient([list]);
    const broken = {
      name: 'broken',
      send: async () => ({ status: 200, text: '{}', headers: undefined as never }),
    };
    const other = tryClient([], { clock, transport: broken as never, apiKey: 'kupe_broken' }).client;
    for (let call = 0; call < 30; call++) await expect(other.clusters.list()).rejects.toThrow(TypeError);
    expect(clock.monotonic()).toBe(0);
    await clock.runUntil(client.clusters.list());
  });

  test('a server that asks for years silences the client for a day', async () => {
    const { client, clock, transport } = tryClient([{ status: 429, headers: { 'Retry-After': '9000000000' } }, list]);
    await failureOf(clock, client.clusters.list());
    await clock.advance(23 * 3_600_000);
    await failureOf(clock, client.clusters.list());
    expect(transport.sent).toHaveLength(1);
    await clock.advance(3_600_000);
    await clock.runUntil(client.clusters.list());
  });

  test.each([
    ['the longest hold counts, in whatever order', '"hour";r=0;t=40, "second";r=5;t=1', [0, 40_000, 40_000]],
    ['a hold that was cut short lets one through to look', '"hour";r=0;t=1800, "second";r=5', [0, 60_000, 60_000]],
  ])('%s', async (_, limit, times) => {
    for (const order of [limit, limit.split(', ').reverse().join(', ')]) {
      const headers = { RateLimit: order, 'RateLimit-Policy': '"hour";q=1000;w=3600, "second";q=10;w=1' };
      const { client, clock, transport } = tryClient([{ ...list, headers }, list, list]);
      await clock.runUntil(client.clusters.list());
      await clock.runUntil(Promise.all([client.clusters.list(), client.clusters.list()]));
      expect(transport.sent.map(({ atMs }) => atMs)).toEqual(times);
    }
  });

  test('a hostile field costs no time', async () => {
    const fields = [`"a"${' '.repeat(15_500)}!`, `"a"${';'.repeat(15_500)}`, `"a"${'; a=1'.repeat(3_000)}!`, '\t'.repeat(15_500)];
    for (const field of fields) {
      const headers = { RateLimit: field, 'RateLimit-Policy': field, 'Retry-After': field, 'Retry-Advice': field };
      const { client, clock } = tryClient([{ ...list, headers }, list]);
      const before = process.cpuUsage().user;
      await clock.runUntil(client.clusters.list());
      expect(process.cpuUsage().user - before).toBeLessThan(100_000);
    }
  });
});
