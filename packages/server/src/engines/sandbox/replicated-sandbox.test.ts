import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '@openkupe/contract';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { expect, it, onTestFinished } from 'vitest';
import { createDamageReport } from '../../store/broken-data.ts';
import type { ClusterSpec } from '../../store/resource.ts';
import { startInlineWriter } from '../../store/sqlite/inline-writer.ts';
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts';
import { describeEngine } from '../engine-conformance.ts';
import { createReplicatedSandbox } from './replicated-sandbox.ts';
import { createSandboxEngine } from './sandbox-engine.ts';

const DURATIONS = { provisioningMs: 8_000, upgradingMs: 12_000, terminatingMs: 3_000 };
const A_MINUTE_MS = 60_000;
const REF = { tenant: 'acme', name: 'production', uid: 'uid-one', type: 'shared' } as const;
const SPEC: ClusterSpec = { displayName: 'x', type: 'shared', version: '1.32', resources: {}, highAvailability: false };

/** A store, and sandboxes on it as processes have them. */
async function openStore() {
  const folder = await mkdtemp(join(tmpdir(), 'replicated-sandbox-'));
  // NOTE: begins at the real time, because TLS clients check certificates against it.
  const clock = createManualClock(Date.now());
  const store = await openSqliteStore({ folder: join(folder, 'store'), clock, startWriter: startInlineWriter });
  const options = { store, key: new Uint8Array(32), folder: join(folder, 'sandbox'), clock, random: systemRandom, durations: DURATIONS };
  return {
    ...options,
    sandbox: () => createReplicatedSandbox(options),
    async end() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function opened() {
  const world = await openStore();
  onTestFinished(() => world.end());
  const [one, two] = [world.sandbox(), world.sandbox()];
  onTestFinished(async () => {
    await one.close();
    await two.close();
  });
  return { ...world, one, two };
}

describeEngine('replicated sandbox', async () => {
  const world = await openStore();
  let engine = world.sandbox();
  await engine.takeOver();
  return {
    current: () => engine,
    async restart() {
      await engine.standDown();
      engine = world.sandbox();
      await engine.takeOver();
    },
    elapse: () => world.clock.advance(A_MINUTE_MS),
    async end() {
      await engine.close();
      await world.end();
    },
  };
});

it('is the same cluster in the process that takes over; the others observe it, and change nothing', async () => {
  const { clock, one, two } = await opened();
  await one.takeOver();
  await one.apply(REF, SPEC, 1);
  await clock.advance(DURATIONS.provisioningMs);
  const [observed, access] = [await one.observe(REF), await one.access(REF)];
  expect(observed).toMatchObject({ isReady: true, isRolledOut: true });
  expect([await two.observe(REF), await two.access(REF)]).toEqual([observed, access]);
  await expect(two.apply(REF, SPEC, 2)).rejects.toThrow('another process runs the sandbox');
  await one.standDown();
  await two.takeOver();
  expect([await two.observe(REF), await two.access(REF)]).toEqual([observed, access]);
  expect(await two.destroy(REF)).toBe('deleting');
  await clock.advance(DURATIONS.terminatingMs);
  expect(await two.destroy(REF)).toBe('gone');
  expect([(await one.observe(REF)).exists, await one.access(REF)]).toEqual([false, undefined]);
});

it('refuses what a process wants to change that does not know yet that another one has taken over', async () => {
  const { clock, one, two } = await opened();
  await one.takeOver();
  await one.apply(REF, SPEC, 1);
  await two.takeOver();
  await two.apply(REF, { ...SPEC, version: '1.33' }, 2);
  await expect(one.apply(REF, { ...SPEC, version: '1.34' }, 3)).rejects.toThrow('was changed by another process');
  await clock.advance(DURATIONS.provisioningMs);
  expect((await two.observe(REF)).runningVersion).toMatch(/^v1\.33\./);
});

it('goes on after a write whose outcome was not known, whether it stands or not', async () => {
  const { clock, store, ...world } = await opened();
  let failing: 'before' | 'after' | undefined;
  const failingStore = {
    ...store,
    async commit(change: Parameters<typeof store.commit>[0]) {
      const fails = failing;
      failing = undefined;
      if (fails === 'before') throw new Error('the connection was lost');
      const outcome = await store.commit(change);
      if (fails === 'after') throw new Error('the connection was lost');
      return outcome;
    },
  };
  const sandbox = createReplicatedSandbox({ ...world, clock, store: failingStore });
  onTestFinished(() => sandbox.close());
  await sandbox.takeOver();
  for (const when of ['before', 'after'] as const) {
    const ref = { ...REF, uid: `uid-${when}` };
    const persistently = async (verb: () => Promise<unknown>) => {
      failing = when;
      await expect(verb()).rejects.toThrow('the connection was lost');
      return verb();
    };
    await persistently(() => sandbox.apply(ref, SPEC, 1));
    await persistently(() => sandbox.apply(ref, { ...SPEC, version: '1.33' }, 2));
    expect((await sandbox.observe(ref)).appliedGeneration).toBe(2);
    expect(await persistently(() => sandbox.destroy(ref))).toBe('deleting');
    await clock.advance(DURATIONS.terminatingMs);
    expect(await persistently(() => sandbox.destroy(ref))).toBe('gone');
  }
  expect(await store.list('sandbox')).toEqual([]);
});

it('stores no private key in clear, and reports a record that cannot be read', async () => {
  const { one, store, ...world } = await opened();
  await one.takeOver();
  await one.apply(REF, SPEC, 1);
  await one.standDown();
  expect(JSON.stringify(await store.list('sandbox'))).not.toContain('PRIVATE KEY');
  const other = createReplicatedSandbox({ ...world, store, key: new Uint8Array(32).fill(1) });
  await other.takeOver();
  expect(other.unreadable(REF)?.message).toContain('sandbox record "uid-one"');
  await other.close();
});

it('moves clusters into the store that the files of an earlier release hold', async () => {
  const { folder, one, ...world } = await opened();
  const earlier = await createSandboxEngine({ ...world, folder });
  await earlier.apply(REF, SPEC, 1);
  await earlier.close();
  await one.takeOver();
  expect((await one.observe(REF)).appliedGeneration).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

it('says which file of an earlier release it cannot read, keeps it, and makes no cluster anew in its place', async () => {
  const { folder, one, two, ...world } = await opened();
  const earlier = await createSandboxEngine({ ...world, folder });
  await earlier.apply(REF, SPEC, 1);
  await earlier.close();
  const file = join(folder, `${REF.uid}.json`);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.slice(1));
  const noted: string[] = [];
  const damage = createDamageReport({ error: ({ what }) => void noted.push(String(what)) });
  const broken = createReplicatedSandbox({ ...world, folder, damage });
  await broken.takeOver();
  expect(broken.unreadable(REF)?.message).toContain('sandbox record "uid-one.json"');
  expect(noted.join()).toContain('uid-one.json');
  expect(await broken.observe(REF)).toMatchObject({ exists: true, isFaulty: true });
  await expect(broken.apply(REF, SPEC, 2)).rejects.toThrow('uid-one.json');
  expect(await readFile(file, 'utf8')).toBe(text.slice(1));
  await broken.close();

  await writeFile(file, text);
  await one.takeOver();
  expect((await one.observe(REF)).appliedGeneration).toBe(1);
  await one.close();

  await two.takeOver();
  expect([two.unreadable(REF), await readdir(folder)]).toEqual([undefined, []]);
});

it('deletes a cluster whose file of an earlier release cannot be read', async () => {
  const { folder, one } = await opened();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${REF.uid}.json`), '{');
  await one.takeOver();
  expect(await one.destroy(REF)).toBe('gone');
  expect([one.unreadable(REF), await readdir(folder)]).toEqual([undefined, []]);
});
