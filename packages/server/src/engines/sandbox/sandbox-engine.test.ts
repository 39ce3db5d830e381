import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '@openkupe/contract';
import { createManualClock, type ManualClock } from '@openkupe/contract/testing/manual-clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterSpec } from '../../store/resource.ts';
import { describeEngine } from '../engine-conformance.ts';
import { getOverTls } from '../testing/get-over-tls.ts';
import { createSandboxEngine, type SandboxEngine, type SandboxOptions } from './sandbox-engine.ts';

const DURATIONS = { provisioningMs: 8_000, upgradingMs: 12_000, terminatingMs: 3_000 };
const REF = { tenant: 'acme', name: 'production', uid: 'uid-one', type: 'shared' } as const;
const SPEC: ClusterSpec = { displayName: 'x', type: 'shared', version: '1.32', resources: {}, highAvailability: false };
const A_MINUTE_MS = 60_000;

const newFolder = () => mkdtemp(join(tmpdir(), 'sandbox-'));
/** NOTE: begins at the real time, because TLS clients check certificates against it. */
const newClock = () => createManualClock(Date.now());

describeEngine('sandbox', async () => {
  const folder = await newFolder();
  const clock = newClock();
  const open = () => createSandboxEngine({ folder, clock, random: systemRandom, durations: DURATIONS });
  let engine = await open();
  return {
    current: () => engine,
    async restart() {
      await engine.close();
      engine = await open();
    },
    elapse: () => clock.advance(A_MINUTE_MS),
    async end() {
      await engine.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe('the sandbox engine', () => {
  let folder: string;
  let clock: ManualClock;
  let engine: SandboxEngine;
  const open = (options: Partial<SandboxOptions> = {}) =>
    createSandboxEngine({ folder, clock, random: systemRandom, durations: DURATIONS, ...options });
  const reopen = async (options?: Partial<SandboxOptions>) => {
    await engine.close();
    engine = await open(options);
  };
  const makeReady = async () => {
    await engine.apply(REF, SPEC, 1);
    await clock.advance(DURATIONS.provisioningMs);
    return accessNow();
  };
  const accessNow = async () => {
    const access = await engine.access(REF);
    if (!access) throw new Error('the cluster is not reachable');
    return access;
  };
  const get = async (path: string) => {
    const { endpoint, caPem } = await accessNow();
    return getOverTls(endpoint, caPem, path);
  };
  beforeEach(async () => {
    folder = join(await newFolder(), 'made');
    clock = newClock();
    engine = await open();
  });
  afterEach(async () => {
    await engine.close();
    await rm(join(folder, '..'), { recursive: true });
  });

  describe('its endpoint', () => {
    it('tells the version like a Kubernetes API server', async () => {
      await makeReady();
      const answer = await get('/version?timeout=32s');
      expect(answer).toMatchObject({ status: 200, contentType: 'application/json' });
      const info = JSON.parse(answer.body) as Record<string, string>;
      expect(info).toMatchObject({ major: '1', minor: '32', gitVersion: 'v1.32.3' });
      const fields = ['major', 'minor', 'gitVersion', 'gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler', 'platform'];
      expect(Object.keys(info)).toEqual(fields);
      expect(info.buildDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(info.platform).toMatch(/^\w+\/\w+$/);
    });

    it.each(['/readyz', '/livez', '/healthz'])('answers ok at %s', async (path) => {
      await makeReady();
      expect(await get(path)).toMatchObject({ status: 200, body: 'ok' });
    });

    it('answers everything else with a Kubernetes Status', async () => {
      await makeReady();
      const answer = await get('/api/v1/nodes');
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.body)).toMatchObject({ kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 });
    });

    it('tells the old version until an upgrade is over', async () => {
      await makeReady();
      await engine.apply(REF, { ...SPEC, version: '1.33' }, 2);
      expect(JSON.parse((await get('/version')).body)).toMatchObject({ gitVersion: 'v1.32.3' });
      await clock.advance(DURATIONS.upgradingMs);
      expect(JSON.parse((await get('/version')).body)).toMatchObject({ gitVersion: 'v1.33.7' });
    });

    it('is not trusted under the authority of another cluster', async () => {
      const { endpoint } = await makeReady();
      const other = { ...REF, name: 'staging', uid: 'uid-two' };
      await engine.apply(other, SPEC, 1);
      await clock.advance(A_MINUTE_MS);
      const caPem = (await engine.access(other))?.caPem ?? '';
      await expect(getOverTls(endpoint, caPem, '/version')).rejects.toThrow(/signature|issuer|verify/);
    });

    it('listens only once the cluster is ready', async () => {
      await engine.apply(REF, SPEC, 1);
      await clock.advance(DURATIONS.provisioningMs - 1);
      expect(await engine.observe(REF)).toMatchObject({ isReady: false });
      expect(await engine.access(REF)).toBeUndefined();
    });

    it('stops with the process', async () => {
      const { endpoint, caPem } = await makeReady();
      await engine.close();
      await expect(getOverTls(endpoint, caPem, '/version')).rejects.toThrow(/ECONNREFUSED/);
      await expect(engine.observe(REF)).rejects.toThrow(/was closed/);
    });

    it('comes back after a restart on the same port and under the same authority, before anybody asks', async () => {
      const { endpoint, caPem } = await makeReady();
      await reopen();
      expect((await getOverTls(endpoint, caPem, '/readyz')).status).toBe(200);
      expect(await engine.access(REF)).toEqual({ endpoint, caPem });
    });

    it('has its port from the beginning, so that the record of a new cluster is written once', async () => {
      let writes = 0;
      await reopen({
        requirePlace() {
          writes += 1;
        },
      });
      await makeReady();
      expect((await engine.observe(REF)).isReady).toBe(true);
      expect(writes).toBe(1);
    });

    it('moves to another port when its own was taken meanwhile, for good', async () => {
      const { endpoint, caPem } = await makeReady();
      await engine.close();
      const squatter = createServer();
      await new Promise<void>((resolve) => squatter.listen(Number(new URL(endpoint).port), '127.0.0.1', resolve));
      engine = await open();
      const moved = await accessNow();
      await new Promise((resolve) => squatter.close(resolve));
      expect(moved.endpoint).not.toBe(endpoint);
      expect(moved.caPem).toBe(caPem);
      expect((await get('/readyz')).status).toBe(200);
      await reopen();
      expect(await engine.access(REF)).toEqual(moved);
    });

    it('renews its certificate before it ends, without a restart', async () => {
      const DAY_MS = 24 * 60 * 60 * 1000;
      clock = createManualClock(Date.now() - 370 * DAY_MS);
      await reopen();
      const { endpoint, caPem } = await makeReady();
      await expect(getOverTls(endpoint, caPem, '/readyz')).rejects.toThrow(/expired/);
      await clock.advance(345 * DAY_MS);
      await engine.observe(REF);
      expect((await getOverTls(endpoint, caPem, '/readyz')).status).toBe(200);
      expect((await accessNow()).endpoint).toBe(endpoint);
    });
  });

  describe('its folder', () => {
    it('is closed to everybody else, and so is every file in it', async () => {
      await makeReady();
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
      const names = await readdir(folder);
      expect(names).toEqual(['uid-one.json']);
      expect((await stat(join(folder, 'uid-one.json'))).mode & 0o777).toBe(0o600);
    });

    it('forgets a destroyed cluster', async () => {
      const { endpoint, caPem } = await makeReady();
      await engine.destroy(REF);
      await expect(getOverTls(endpoint, caPem, '/version')).rejects.toThrow(/ECONNREFUSED/);
      await clock.advance(DURATIONS.terminatingMs - 1);
      expect(await engine.destroy(REF)).toBe('deleting');
      await clock.advance(1);
      expect(await engine.destroy(REF)).toBe('gone');
      expect(await readdir(folder)).toEqual([]);
    });

    it('keeps its promises when the durations change', async () => {
      await makeReady();
      await reopen({ durations: { provisioningMs: 10 ** 9, upgradingMs: 0, terminatingMs: 0 } });
      expect(await engine.observe(REF)).toMatchObject({ isReady: true });
      await engine.apply(REF, { ...SPEC, version: '1.33' }, 2);
      expect(await engine.observe(REF)).toMatchObject({ isRolledOut: true, runningVersion: 'v1.33.7' });
      expect(await engine.destroy(REF)).toBe('gone');
    });

    it('is cleared of what a crash left half-written', async () => {
      await makeReady();
      await writeFile(join(folder, 'uid-one.json.12-3.new'), '{"format":');
      await reopen();
      expect(await readdir(folder)).toEqual(['uid-one.json']);
      expect(await engine.observe(REF)).toMatchObject({ isReady: true });
    });

    it.each(['{', 'null', '{"format":2}'])(
      'with %s in it has a cluster that is faulty until it is destroyed, and no other is',
      async (text) => {
        await makeReady();
        await writeFile(join(folder, 'uid-two.json'), text);
        await reopen();
        const two = { ...REF, uid: 'uid-two' };
        expect(await engine.observe(two)).toMatchObject({ exists: true, isReady: false, isFaulty: true });
        await expect(engine.apply(two, SPEC, 1)).rejects.toThrow('Cannot read the sandbox record "uid-two.json"');
        expect(await engine.observe(REF)).toMatchObject({ isReady: true });
        expect(await engine.destroy(two)).toBe('gone');
        expect(await engine.observe(two)).toMatchObject({ exists: false });
        expect(await readdir(folder)).toEqual(['uid-one.json']);
      },
    );

    it('is not left by a uid that climbs', async () => {
      await expect(engine.apply({ ...REF, uid: '../escaped' }, SPEC, 1)).rejects.toThrow(/use up to 64 letters/);
      expect(await readdir(join(folder, '..'))).toEqual(['made']);
    });

    it('holds what was applied last', async () => {
      await engine.apply(REF, SPEC, 7);
      expect(JSON.parse(await readFile(join(folder, 'uid-one.json'), 'utf8'))).toMatchObject({ generation: 7, version: 'v1.32.3' });
    });
  });

  it('refuses a version that it cannot run', async () => {
    await expect(engine.apply(REF, { ...SPEC, version: '1.12' }, 1)).rejects.toThrow('Cannot run version "1.12"');
    expect(await engine.observe(REF)).toMatchObject({ exists: false });
  });

  it('refuses to apply a cluster that is being destroyed', async () => {
    await makeReady();
    await engine.destroy(REF);
    await expect(engine.apply(REF, SPEC, 2)).rejects.toThrow(/is being destroyed/);
  });

  describe('with a fault', () => {
    it('refuses to apply, until it is mended', async () => {
      engine.faults.setFault('production', 'apply-fails');
      await expect(engine.apply(REF, SPEC, 1)).rejects.toThrow(/fault/);
      expect(await engine.observe(REF)).toMatchObject({ exists: false });
      engine.faults.setFault('production', undefined);
      await engine.apply(REF, SPEC, 1);
      expect(await engine.observe(REF)).toMatchObject({ exists: true });
    });

    it('is never ready, until it is mended', async () => {
      engine.faults.setFault('uid-one', 'never-ready');
      await engine.apply(REF, SPEC, 1);
      await clock.advance(60 * A_MINUTE_MS);
      expect(await engine.observe(REF)).toMatchObject({ isReady: false, reason: 'The control plane is starting', isFaulty: false });
      await engine.apply(REF, { ...SPEC, version: '1.33' }, 2);
      engine.faults.setFault('uid-one', undefined);
      expect(await engine.observe(REF)).toMatchObject({ isReady: true, isRolledOut: true, runningVersion: 'v1.33.7' });
    });

    it('is degraded: it answers, but not that it is healthy', async () => {
      await makeReady();
      engine.faults.setFault('production', 'degraded');
      expect(await engine.observe(REF)).toMatchObject({ isReady: true, isFaulty: true });
      expect((await get('/readyz')).status).toBe(500);
      expect((await get('/livez')).status).toBe(200);
      engine.faults.setFault('production', undefined);
      expect(await engine.observe(REF)).toMatchObject({ isFaulty: false, reason: '' });
      expect((await get('/readyz')).status).toBe(200);
    });

    it('is unreachable at an endpoint that stays the same', async () => {
      const access = await makeReady();
      engine.faults.setFault('production', 'unreachable');
      expect(await engine.observe(REF)).toMatchObject({ isReady: false, reason: 'The API server does not answer' });
      expect(await engine.access(REF)).toEqual(access);
      await expect(get('/version')).rejects.toThrow(/ECONNREFUSED/);
      engine.faults.setFault('production', undefined);
      expect(await engine.observe(REF)).toMatchObject({ isReady: true });
      expect(await engine.access(REF)).toEqual(access);
    });

    it('is never gone, until it is mended', async () => {
      await makeReady();
      engine.faults.setFault('production', 'never-gone');
      await engine.destroy(REF);
      await clock.advance(60 * A_MINUTE_MS);
      expect(await engine.destroy(REF)).toBe('deleting');
      engine.faults.setFault('production', undefined);
      expect(await engine.destroy(REF)).toBe('gone');
    });

    it('leaves other clusters alone', async () => {
      engine.faults.setFault('uid-two', 'never-ready');
      await makeReady();
      expect(await engine.observe(REF)).toMatchObject({ isReady: true });
    });
  });

  const JUMPS = [3_600_000, -3_600_000, 86_400_000, -86_400_000, 40 * 86_400_000];

  it.each(JUMPS)('takes as long as it should though the wall clock is set by %i ms', async (ms) => {
    await engine.apply(REF, SPEC, 1);
    clock.setWallClock(ms);
    expect(await engine.observe(REF)).toMatchObject({ isReady: false });
    await clock.advance(DURATIONS.provisioningMs);
    expect(await engine.observe(REF)).toMatchObject({ isReady: true });
    await engine.apply(REF, { ...SPEC, version: '1.33' }, 2);
    clock.setWallClock(-ms);
    await clock.advance(DURATIONS.upgradingMs);
    expect(await engine.observe(REF)).toMatchObject({ isRolledOut: true, runningVersion: 'v1.33.7' });
    await engine.destroy(REF);
    clock.setWallClock(ms);
    expect(await engine.destroy(REF)).toBe('deleting');
    await clock.advance(DURATIONS.terminatingMs);
    expect(await engine.destroy(REF)).toBe('gone');
  });

  it.each(JUMPS)('goes on within seconds when the wall clock was set by %i ms while nothing ran', async (ms) => {
    await engine.apply(REF, SPEC, 1);
    await engine.close();
    clock.setWallClock(ms);
    engine = await open();
    await clock.advance(DURATIONS.provisioningMs);
    expect(await engine.observe(REF)).toMatchObject({ isReady: true });
  });

  it('has endpoints that clients accept after the wall clock was ahead by 40 days', async () => {
    clock.setWallClock(40 * 86_400_000);
    const { endpoint, caPem } = await makeReady();
    expect((await getOverTls(endpoint, caPem, '/version')).status).toBe(200);
  });
});
