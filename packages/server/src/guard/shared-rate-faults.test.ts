import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock, systemRandom } from '@openkupe/contract';
import { Redis } from 'iovalkey';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createGuard, SHARING } from './create-guard.ts';
import type { RateLimit } from './gcra.ts';
import { hasRedisServer, type RedisServer, startRedisServer } from './testing/redis-server.ts';
import { createValkeyStore } from './valkey-store.ts';

const ADDRESS = '192.0.2.1';
const LIMIT = { name: 'address', perSecond: 10, burst: 20, horizonMs: 60_000 };

/** Waits until something is so, at most five seconds. */
async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !isSo(); turn += 1) await pause(10);
  expect(isSo()).toBe(true);
}

/** A network between a node and its store that takes its time in both directions. */
async function delayed(port: number, wayMs: number) {
  const open = new Set<Socket>();
  const swallowed = new WeakSet<Socket>();
  const forward = (from: Socket, to: Socket) => {
    open.add(from.setNoDelay());
    from.on('data', (data) => void pause(wayMs).then(() => swallowed.has(from) || to.write(data)));
    from.on('error', () => {});
    from.on('close', () => to.destroy());
  };
  const server: Server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    forward(near, far);
    forward(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = server.address();
  return {
    port: typeof own === 'object' && own ? own.port : 0,
    /** Lets nothing through any more on the connections there are, and does not close them: a firewall that has forgotten them. */
    swallow() {
      for (const socket of open) swallowed.add(socket);
    },
    close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

describe.skipIf(!hasRedisServer)('nodes whose store misbehaves (needs redis-server on the PATH)', () => {
  let server: RedisServer;
  let opened: (() => void)[] = [];

  const node = (namespace: string, given: { port?: number; limit?: RateLimit } = {}) => {
    const store = createValkeyStore({ url: `redis://127.0.0.1:${given.port ?? server.port}`, patienceMs: SHARING.patienceMs, namespace });
    const limits = { address: given.limit ?? LIMIT, addresses: 4096 };
    const guard = createGuard({ clock: systemClock, random: systemRandom, limits, sharing: { clock: systemClock, store } });
    const stopping = new AbortController();
    void guard.sharing?.run(stopping.signal);
    opened.push(() => {
      stopping.abort();
      store.close();
    });
    const take = (times: number) =>
      Array.from({ length: times }, () => guard.admit({ address: ADDRESS })).filter(({ isAdmitted }) => isAdmitted).length;
    return { guard, take, sharing: guard.sharing as NonNullable<typeof guard.sharing> };
  };
  const together = (...nodes: ReturnType<typeof node>[]) =>
    until(() => nodes.every(({ sharing }) => sharing.state === 'shared' && sharing.nodes === nodes.length));

  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterEach(() => {
    for (const close of opened) close();
    opened = [];
  });
  afterAll(() => server.remove());

  it('owe nothing twice after it stood still for five seconds', async () => {
    const nodes = [node('still'), node('still')] as const;
    await together(...nodes);
    server.signal('SIGSTOP');
    for (let tenth = 0; tenth < 50; tenth += 1) {
      for (const { take } of nodes) take(3);
      await pause(100);
    }
    expect(nodes.map(({ sharing }) => sharing.state)).toEqual(['local-share', 'local-share']);
    server.signal('SIGCONT');
    await together(...nodes);
    await pause(1200);
    // They have spent the limit and, in the first quarter of a second, a burst too much.
    const waits = nodes.map(({ guard }) => Number(guard.admit({ address: ADDRESS }).headers['retry-after'] ?? 0));
    expect(Math.max(...waits)).toBeLessThanOrEqual(2);
    await pause(2500);
    expect(nodes[0].take(1)).toBe(1);
  }, 20_000);

  it.each([2, 15])(
    'lose no quota to a way of %i ms',
    async (wayMs) => {
      const network = await delayed(server.port, wayMs);
      opened.push(network.close);
      const limit = { name: 'address', perSecond: 200, burst: 200, horizonMs: 60_000 };
      const { take, sharing } = node(`way-${wayMs}`, { port: network.port, limit });
      await until(() => sharing.state === 'shared');
      const start = performance.now();
      let sent = 0;
      let admitted = 0;
      // Nine tenths of the limit, after the burst.
      take(200);
      while (performance.now() - start < 3000) {
        const due = Math.floor((performance.now() - start) * 0.18) - sent;
        admitted += take(due);
        sent += due;
        await pause(5);
      }
      expect(sharing.state).toBe('shared');
      expect(admitted / sent).toBeGreaterThan(0.98);
    },
    10_000,
  );

  it('find it again on another connection when theirs is swallowed', async () => {
    const network = await delayed(server.port, 0);
    opened.push(network.close);
    const { sharing } = node('swallowed', { port: network.port });
    await until(() => sharing.state === 'shared');
    network.swallow();
    await until(() => sharing.state === 'local-share');
    await until(() => sharing.state === 'shared');
  });

  it.each(['nan', 'hello', 'inf', 'in an hour'])('admit and refuse as before when a key holds "%s"', async (what) => {
    const { guard, take, sharing } = node(`holds-${what}`);
    await until(() => sharing.state === 'shared');
    const operator = new Redis({ port: server.port });
    const value = what === 'in an hour' ? String(Date.now() + 3_600_000) : what;
    await operator.set(`{openkupe-guard}holds-${what}:${ADDRESS}`, value);
    operator.disconnect();
    expect(take(1)).toBe(1);
    await pause(200);
    expect(sharing.state).toBe('shared');
    const { headers } = guard.admit({ address: ADDRESS });
    // A burst is two seconds' quota.
    expect(Number(headers['retry-after'] ?? 0)).toBeLessThanOrEqual(2);
  });

  it('forgive together what an operator forgives at one of them', async () => {
    const nodes = [node('forgive'), node('forgive')] as const;
    await together(...nodes);
    expect(nodes.map(({ take }) => take(30))).toEqual([20, 20]);
    await pause(400);
    expect(nodes.map(({ take }) => take(5))).toEqual([0, 0]);
    nodes[0].guard.forgive(ADDRESS);
    await pause(400);
    expect(nodes[1].take(20)).toBe(20);
    await pause(100);
    expect(nodes[1].take(20)).toBeLessThanOrEqual(2);
  });
});
