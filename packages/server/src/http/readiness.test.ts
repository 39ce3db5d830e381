import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it, vi } from 'vitest';
import { type StoreFailure, StoreUnavailableError } from '../store/store.ts';
import { createConfirmedTime } from '../time/confirmed-time.ts';
import { createRequestIds } from './incoming-request.ts';
import { createReadiness } from './readiness.ts';

/** A store whose pings end when the test says so. */
function setUp() {
  const clock = createManualClock();
  const lifecycle = { isDraining: false };
  const pings: PromiseWithResolvers<void>[] = [];
  const store = {
    failure: (): StoreFailure | undefined => undefined,
    ping: () => {
      const ping = Promise.withResolvers<void>();
      pings.push(ping);
      return ping.promise;
    },
  };
  const damage = { list: () => [] };
  const confirmedTime = createConfirmedTime(clock);
  const readiness = createReadiness({
    clock,
    requestIds: createRequestIds(createSeededRandom(1)),
    lifecycle,
    store,
    damage,
    confirmedTime,
  });
  const ask = (many: number) => Promise.all(Array.from({ length: many }, async () => (await readiness.ready()).status));
  return { clock, lifecycle, store, pings, readiness, ask };
}

describe('/readyz', () => {
  it('looks at the store once a second, however many ask', async () => {
    const { clock, pings, ask } = setUp();
    const first = ask(500);
    expect(pings.length).toBe(1);
    pings[0]?.resolve();
    expect(new Set(await first)).toEqual(new Set([200]));
    await clock.advance(999);
    expect(await ask(1)).toEqual([200]);
    expect(pings.length).toBe(1);
    await clock.advance(1);
    const second = ask(500);
    pings[1]?.reject(new Error('disk full'));
    expect(new Set(await second)).toEqual(new Set([503]));
    expect(pings.length).toBe(2);
  });

  it('says within half a second that the first write after the start has to wait, and that it is over', async () => {
    const { clock, pings, ask } = setUp();
    const first = ask(2);
    await clock.advance(500);
    expect(await first).toEqual([503, 503]);
    expect(pings.length).toBe(1);
    const second = ask(1);
    pings[0]?.resolve();
    expect(await second).toEqual([200]);
    expect(clock.sleeping).toBe(0);
    await clock.advance(1_000);
    const slow = ask(1);
    await clock.advance(10_000);
    pings[1]?.resolve();
    expect(await slow).toEqual([200]);
  });

  it.each(['full', 'moved'] as const)('looks again at once when the store is no longer %s, and not before', async (failure) => {
    const { pings, ask, store } = setUp();
    store.failure = () => failure;
    const failed = ask(10);
    pings[0]?.reject(new StoreUnavailableError('no', { failure }));
    expect(new Set(await failed)).toEqual(new Set([503]));
    expect(await ask(1)).toEqual([503]);
    expect(pings.length).toBe(1);
    store.failure = () => undefined;
    const over = ask(10);
    await vi.waitFor(() => expect(pings.length).toBe(2));
    pings[1]?.resolve();
    expect(new Set(await over)).toEqual(new Set([200]));
    expect(pings.length).toBe(2);
  });

  it('never looks twice at the same time, however long the store takes', async () => {
    const { clock, pings, ask } = setUp();
    const first = ask(1);
    pings[0]?.resolve();
    expect(await first).toEqual([200]);
    await clock.advance(1_000);
    const waiting = [ask(1)];
    for (let second = 0; second < 10; second += 1) {
      await clock.advance(1_000);
      waiting.push(ask(10));
    }
    expect(pings.length).toBe(2);
    pings[1]?.resolve();
    expect(new Set((await Promise.all(waiting)).flat())).toEqual(new Set([200]));
    const next = ask(1);
    expect(pings.length).toBe(3);
    pings[2]?.resolve();
    expect(await next).toEqual([200]);
  });

  it('notices within a second that the store works again', async () => {
    const { clock, pings, ask } = setUp();
    const failed = ask(1);
    pings[0]?.reject(new Error('disk full'));
    expect(await failed).toEqual([503]);
    await clock.advance(1_000);
    const again = ask(1);
    pings[1]?.resolve();
    expect(await again).toEqual([200]);
  });

  it('?verbose lists an issuer that cannot be used with the reason, asks it again, and stays ready', async () => {
    const { clock, lifecycle } = setUp();
    let probes = 0;
    const issuerKeys = {
      state: { state: 'failed', message: 'The OIDC issuer https://a.example/ cannot be used: it names https://a.example' },
      probe: async () => {
        probes += 1;
      },
    } as const;
    const store = { ping: async () => {}, failure: () => undefined };
    const readiness = createReadiness({
      clock,
      requestIds: createRequestIds(createSeededRandom(1)),
      lifecycle,
      store,
      confirmedTime: createConfirmedTime(clock),
      damage: { list: () => ['cluster "acme/web"'] },
      issuerKeys,
    });
    const { status, body } = await readiness.ready({ isVerbose: true });
    const checks = [
      { name: 'store', state: 'ok' },
      { name: 'data', state: 'failed', message: 'Cannot be read: cluster "acme/web"; the log says why' },
      { name: 'clock', state: 'ok' },
      { name: 'oidc-issuer', ...issuerKeys.state },
    ];
    expect([status, JSON.parse(String(body)), probes]).toEqual([200, { status: 'ok', checks }, 1]);
    expect(JSON.parse(String((await readiness.ready()).body))).toEqual({ status: 'ok' });
  });

  it('hears of a change that failed before it looks again', async () => {
    const { store, pings, ask } = setUp();
    const first = ask(1);
    pings[0]?.resolve();
    expect(await first).toEqual([200]);
    store.failure = () => 'full';
    expect(await ask(1)).toEqual([503]);
    store.failure = () => undefined;
    expect(await ask(1)).toEqual([200]);
    expect(pings.length).toBe(1);
  });

  it.each([
    ['full', /disk is full; make room/],
    ['moved', /was removed or replaced .* put it back/],
    ['damaged', /is damaged; stop the control plane, copy the data folder, then restore a backup/],
    ['other', /the log says why/],
  ] as const)('says what to do where the store is %s', async (failure, sentence) => {
    const { pings, readiness, store } = setUp();
    store.failure = () => failure;
    const answer = readiness.ready();
    pings[0]?.reject(new StoreUnavailableError('x', { failure }));
    expect((await answer).body).toMatch(sentence);
  });

  it('says at once that it drains, and that it is alive', async () => {
    const { lifecycle, pings, readiness, ask } = setUp();
    lifecycle.isDraining = true;
    expect(await ask(2)).toEqual([503, 503]);
    expect(readiness.alive().status).toBe(200);
    expect(pings).toEqual([]);
  });
});

describe('/livez', () => {
  it('fails only where a restart is what helps', () => {
    const { store, readiness } = setUp();
    for (const failure of [undefined, 'full', 'moved', 'damaged', 'other'] as const) {
      store.failure = () => failure;
      expect(readiness.alive().status).toBe(200);
    }
    store.failure = () => 'ended';
    const { status, body } = readiness.alive({ isVerbose: true });
    expect([status, JSON.parse(String(body)).checks]).toEqual([
      503,
      [{ name: 'store', state: 'failed', message: expect.stringContaining('until the control plane is restarted') }],
    ]);
  });
});

describe('/startupz', () => {
  it('is 503 until the store has taken a write, and 200 from then on, whatever fails later', async () => {
    const { clock, lifecycle, store, pings, readiness } = setUp();
    const first = readiness.started();
    await clock.advance(500);
    expect((await first).status).toBe(503);
    pings[0]?.resolve();
    await clock.advance(1);
    expect((await readiness.started()).status).toBe(200);
    store.failure = () => 'full';
    lifecycle.isDraining = true;
    expect((await readiness.started({ isVerbose: true })).status).toBe(200);
    expect((await readiness.ready()).status).toBe(503);
  });
});
