import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock, systemRandom } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, compose } from './compose.ts';
import { readConfig } from './config/config.ts';
import { hasRedisServer, type RedisServer, startRedisServer } from './guard/testing/redis-server.ts';

describe.skipIf(!hasRedisServer)('two control planes with one store (needs redis-server on the PATH)', () => {
  const BURST = 20;
  const folders: string[] = [];
  const planes: ControlPlane[] = [];
  const pages: string[] = [];
  let redis: RedisServer;

  const start = async (url: string) => {
    const folder = await mkdtemp(join(tmpdir(), 'openkupe-'));
    folders.push(folder);
    const limits = { OPENKUPE_RATE_LIMIT_PER_SECOND: '0.1', OPENKUPE_RATE_LIMIT_BURST: String(BURST) };
    const settings = {
      OPENKUPE_DATA: folder,
      OPENKUPE_LOG_LEVEL: 'silent',
      OPENKUPE_LIMIT_STORE_URL: url,
      OPENKUPE_METRICS_PORT: '0',
      ...limits,
    };
    const plane = await compose(readConfig([], settings, folder), { clock: systemClock, random: systemRandom });
    planes.push(plane);
    pages.push((await plane.start()).metricsUrl ?? '');
  };
  const ask = async (plane: number, remoteAddress: string) =>
    (await planes[plane]?.http.inject({ url: '/api/v1/plans', remoteAddress }))?.statusCode;

  beforeAll(async () => {
    redis = await startRedisServer();
    await start(`redis://127.0.0.1:${redis.port}`);
    await start(`redis://127.0.0.1:${redis.port}`);
  }, 20_000);
  afterAll(async () => {
    await Promise.all(planes.map((plane) => plane.stop(0)));
    await redis?.remove();
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  });

  it('share the limit of an address: what one has spent is gone at the other', async () => {
    let address = '';
    let status: number | undefined;
    // Until both have found the store, each counts alone; an address that is new each time shows when they agree.
    for (let round = 1; round <= 20 && status !== 429; round += 1) {
      address = `192.0.2.${round}`;
      for (let spent = 0; spent < BURST; spent += 1) await ask(0, address);
      await pause(200);
      // The first request is how a server hears of an address at all.
      expect(await ask(1, address)).toBe(200);
      await pause(200);
      status = await ask(1, address);
    }
    expect(status).toBe(429);
    expect(await ask(1, '198.51.100.1')).toBe(200);
    for (const page of pages) {
      const text = await (await fetch(page)).text();
      expect(text).toMatch(/^openkupe_guard_store_shared 1$/m);
      expect(text).toMatch(/^openkupe_guard_store_nodes 2$/m);
      expect(text).toMatch(/^openkupe_guard_store_exchanges_total [1-9]\d*$/m);
    }
  }, 20_000);
});
