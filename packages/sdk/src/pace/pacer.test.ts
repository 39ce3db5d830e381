import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../testing/outcome-of.ts';
import type { ScriptStep } from '../testing/scripted-transport.ts';
import { tryClient } from '../testing/try-client.ts';
import { createPacer, type Pacer, type Turn } from './pacer.ts';

const always = () => true;
const never = new AbortController().signal;
const list: ScriptStep = { body: { items: [] } };

/** Takes as many turns as are granted at once. */
async function turns(pacer: Pacer, count: number, granted: Turn[] = []): Promise<Turn[]> {
  for (let index = 0; index < count; index++)
    void pacer.turn({ priority: 1, signal: never, isPatient: always }).then((turn) => granted.push(turn as Turn));
  await new Promise((resolve) => setImmediate(resolve));
  return granted;
}

describe('pacer', () => {
  test('bounds what is in flight, first come, first served', async () => {
    const clock = createManualClock();
    const pacer = createPacer(clock);
    const order: number[] = [];
    const held: Turn[] = [];
    for (let index = 0; index < 40; index++)
      void pacer.turn({ priority: 1, signal: never, isPatient: always }).then((turn) => {
        order.push(index);
        held.push(turn as Turn);
      });
    await clock.advance(0);
    expect(order).toHaveLength(pacer.concurrency);
    while (held.length > 0) {
      held.shift()?.ended();
      await clock.advance(0);
    }
    expect(order).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });

  test('repeated refusals lower the concurrency, successes raise it again', async () => {
    const clock = createManualClock();
    const pacer = createPacer(clock);
    const start = pacer.concurrency;
    for (let round = 0; round < 3; round++) {
      const [turn] = await turns(pacer, 1);
      turn?.refused(0, false);
      await clock.advance(10_000);
    }
    expect(pacer.concurrency).toBeLessThanOrEqual(Math.ceil(start / 8));
    const low = pacer.concurrency;
    for (let round = 0; round < 50; round++) {
      for (const turn of await turns(pacer, pacer.concurrency)) turn.accepted();
      await clock.advance(10_000);
    }
    expect(pacer.concurrency).toBeGreaterThan(low);
  });

  test('a volley of refusals counts once', async () => {
    const clock = createManualClock();
    const pacer = createPacer(clock);
    const granted = await turns(pacer, 4);
    for (const turn of granted) turn.refused(1_000, false);
    const once = pacer.ratePerSecond;
    const other = createPacer(clock);
    const [single] = await turns(other, 1);
    single?.refused(1_000, false);
    expect(once).toBe(other.ratePerSecond);
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
    expect(transport.sent.map(({ atMs }) => atMs)).toEqual([0, 0, 0, 500, 1_000]);
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
    expect(error).toMatchObject({ name: 'RateLimitedError', stopReason: 'wait-longer-than-patience', outcome: 'not-applied' });
    expect(error.retryAt?.getTime()).toBe(clock.now() + 300_000);
    expect(transport.sent).toHaveLength(1);
    expect(clock.monotonic()).toBe(0);
  });

  test('two clients with one credential share the pace; another credential does not', async () => {
    const first = tryClient([{ status: 429, headers: { 'Retry-After': '5' } }, list]);
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
});
