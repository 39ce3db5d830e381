import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '@openkupe/contract';
import { afterAll, afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { NEEDS_KUBERNETES, programsOf } from '../../../../../conformance/kubernetes/programs.ts';
import type { ClusterSpec } from '../../store/resource.ts';
import { createKubernetesClient } from '../kubernetes/client.ts';
import type { KubernetesObject } from '../kubernetes/kubernetes-object.ts';
import { getOverTls } from '../testing/get-over-tls.ts';
import { identityOf } from './process-identity.ts';
import { type LocalWorld, startLocalWorld } from './testing/local-world.ts';

const PROGRAMS = programsOf('l1', 'v135');
const REF = { tenant: 'acme', name: 'web', uid: 'uid-one', type: 'shared' } as const;
const SECOND = { ...REF, name: 'api', uid: 'uid-two' };
const DAY_MS = 24 * 60 * 60 * 1000;
const CONFIG_MAPS = { apiVersion: 'v1', plural: 'configmaps' };
const KEPT = { namespace: 'default', name: 'kept' };
const specOf = (version: string): ClusterSpec => ({ displayName: '', type: 'shared', version, resources: {}, highAvailability: false });

let world: LocalWorld;
const untilUp = (ref: typeof REF | typeof SECOND = REF) => world.until(ref, ({ isRolledOut }) => isRolledOut);
async function make(version = '1.36', ref: typeof REF | typeof SECOND = REF): Promise<void> {
  await world.engine.apply(ref, specOf(version), 1);
  await untilUp(ref);
}
/** Another test may have had the engine adopt the process; then it is not known how it ended. */
const ended = (name: string) =>
  new RegExp(`^${name} ended (by SIGKILL|after it was adopted|while it was not supervised) and is started again$`);
async function kill(name: string): Promise<void> {
  const pid = await world.pidOf(name, REF);
  expect(identityOf(pid)?.command).toContain(world.folder);
  process.kill(pid, 'SIGKILL');
}
/** Writes something into a cluster; returns whether it is there. */
async function keep(ref: typeof REF | typeof SECOND = REF): Promise<() => Promise<boolean>> {
  const data = { random: randomUUID() };
  const admin = await world.adminOf(ref);
  await admin.apply(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: KEPT, data } as KubernetesObject);
  admin.close();
  return async () => {
    const again = await world.adminOf(ref);
    const found = await again.get<KubernetesObject & { data: object }>(CONFIG_MAPS, KEPT);
    again.close();
    return isDeepStrictEqual(found?.data, data);
  };
}

describe.skipIf(!PROGRAMS)(`a local cluster that runs ${NEEDS_KUBERNETES}`, { timeout: 180_000 }, () => {
  // NOTE: a test leaves the world as it was, with one cluster that runs, or it fails and the next one makes another: a start takes seconds.
  let kept: LocalWorld | undefined;
  beforeEach(async () => {
    if (kept) {
      world = kept;
      return;
    }
    world = await startLocalWorld(PROGRAMS ?? '');
    kept = world;
    await make();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    kept = undefined;
    await world.end();
  });
  afterAll(() => kept?.end());

  it('an API server that is killed is reported with the reason, and comes back at the same endpoint with its data', async () => {
    const isKept = await keep();
    const access = await world.engine.access(REF);
    const changed: string[] = [];
    world.engine.onChange?.(({ name }) => changed.push(name));
    await kill('kube-apiserver');
    const lost = await world.until(REF, ({ isFaulty }) => isFaulty);
    expect(lost).toMatchObject({ isReady: false, reason: expect.stringMatching(ended('kube-apiserver')) });
    // NOTE: an earlier end may still count when it is asked, before this one was noticed.
    await expect.poll(() => changed).toContain('web');
    expect(await untilUp()).toMatchObject({ isReady: true, isFaulty: false, reason: '', lacks: 'It has no nodes: pods stay Pending' });
    expect(await world.engine.access(REF)).toEqual(access);
    expect(await isKept()).toBe(true);
  });

  it('a controller manager that is killed is reported while the API server answers, and comes back', async () => {
    await kill('kube-controller-manager');
    const lost = await world.until(REF, ({ isFaulty }) => isFaulty);
    expect(lost).toMatchObject({
      isReady: true,
      isRolledOut: false,
      reason: expect.stringMatching(ended('kube-controller-manager')),
    });
    expect(await untilUp()).toMatchObject({ isReady: true, isFaulty: false });
  });

  it('etcd that is killed comes back with the data', async () => {
    const isKept = await keep();
    const before = await world.pidOf('etcd', REF);
    await kill('etcd');
    await expect.poll(() => world.pidOf('etcd', REF), { timeout: 20_000 }).not.toBe(before);
    await untilUp();
    await expect.poll(isKept, { timeout: 30_000 }).toBe(true);
  });

  it('an engine that was killed finds its processes running, and they are supervised again', async () => {
    const names = ['etcd', 'kube-apiserver', 'kube-controller-manager'];
    const before = await Promise.all(names.map((name) => world.pidOf(name, REF)));
    await world.restart();
    let isAdopted = false;
    world.engine.onChange?.(() => {
      isAdopted = true;
    });
    expect(await world.engine.observe(REF)).toMatchObject({ isReady: true, isRolledOut: true, reason: '' });
    await expect.poll(() => isAdopted, { timeout: 30_000 }).toBe(true);
    expect(await Promise.all(names.map((name) => world.pidOf(name, REF)))).toEqual(before);
    await kill('kube-apiserver');
    expect(await world.until(REF, ({ isFaulty }) => isFaulty)).toMatchObject({ reason: expect.stringContaining('after it was adopted') });
    await untilUp();
    expect(world.running()).toHaveLength(3);
  });

  it('a process that got the id of a recorded one is left alone', async () => {
    const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
    onTestFinished(() => void stranger.kill());
    await world.stopAndStart(async () => {
      const recorded = { pid: stranger.pid, startedAt: 'another time', command: 'another command' };
      for (const name of ['kube-apiserver', 'kube-controller-manager']) {
        await writeFile(join(world.folderOf(REF), `${name}.pid`), JSON.stringify(recorded), { mode: 0o600 });
      }
      await writeFile(join(world.folder, 'etcd', 'etcd.pid'), 'no record at all', { mode: 0o600 });
    });
    await untilUp();
    expect(stranger.exitCode).toBeNull();
    expect(identityOf(stranger.pid ?? 0)?.command).toBe('sleep 600');
    expect(world.running()).toHaveLength(3);
  });

  it('closing ends every process, and keeps the data', async () => {
    const isKept = await keep();
    await world.stopAndStart(async () => expect(world.running()).toEqual([]));
    await untilUp();
    expect(await isKept()).toBe(true);
  });

  it('a port that another program has taken is left to it: the cluster answers at another one', async () => {
    const before = await world.engine.access(REF);
    const etcdBefore = JSON.parse(await readFile(join(world.folder, 'etcd', 'etcd.json'), 'utf8')) as { port: number };
    await world.stopAndStart(async () => {
      for (const port of [Number(new URL(before?.endpoint ?? '').port), etcdBefore.port]) {
        const squatter = createServer().listen(port, '127.0.0.1');
        await once(squatter, 'listening');
        onTestFinished(() => void squatter.close());
      }
    });
    await world.until(REF, ({ isReady }) => isReady);
    await untilUp();
    const after = await world.engine.access(REF);
    expect(after?.endpoint).not.toBe(before?.endpoint);
    expect(after?.caPem).toBe(before?.caPem);
    expect((await getOverTls(after?.endpoint ?? '', after?.caPem ?? '', '/version')).status).toBe(200);
  });

  it('certificates are renewed before they end, under the same authority and at the same endpoint', async () => {
    const access = await world.engine.access(REF);
    const presented = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connect({ port: Number(new URL(access?.endpoint ?? '').port), host: '127.0.0.1', ca: access?.caPem }, () => {
          resolve(socket.getPeerCertificate().fingerprint256);
          socket.destroy();
        });
        socket.once('error', reject);
      });
    const [before, pid] = [await presented(), await world.pidOf('kube-apiserver', REF)];
    await world.restart({ clock: { ...systemClock, now: () => systemClock.now() + 340 * DAY_MS } });
    await expect.poll(presented, { timeout: 90_000, interval: 500 }).not.toBe(before);
    expect(await world.engine.access(REF)).toEqual(access);
    expect(await world.pidOf('kube-apiserver', REF)).toBe(pid);
    await untilUp();
  });

  it('keys are readable by their owner alone', async () => {
    await untilUp();
    for (const folder of [world.folderOf(REF), join(world.folder, 'etcd')]) {
      for (const name of await readdir(folder)) {
        // NOTE: a draft may have been moved to its place meanwhile.
        const found = await stat(join(folder, name)).catch(() => undefined);
        if (found) expect([name, found.mode & 0o077]).toEqual([name, 0]);
      }
    }
  });
});

describe.skipIf(!PROGRAMS)(`the local engine ${NEEDS_KUBERNETES}`, { timeout: 180_000 }, () => {
  beforeEach(async () => {
    world = await startLocalWorld(PROGRAMS ?? '');
  });
  afterEach(() => world.end());

  it('an upgrade keeps the data, and the next minor version is the only way', async () => {
    await make('1.35');
    const isKept = await keep();
    await world.engine.apply(REF, specOf('1.36'), 2);
    expect(await untilUp()).toMatchObject({ runningVersion: 'v1.36.3', appliedGeneration: 2 });
    expect(await isKept()).toBe(true);
    expect(world.running()).toHaveLength(3);
    expect(world.engine.whyNotAfter('v1.36.3', { minor: '1.35', full: 'v1.35.4' }, 'shared')).toContain('no downgrade');
    expect(world.engine.whyNotAfter('v1.34.1', { minor: '1.36', full: 'v1.36.3' }, 'shared')).toContain('to the next');
  });

  it('what is deleted leaves no process, no file and no key, also beside a cluster that stays, and while etcd takes no writes for want of space', async () => {
    await make();
    await make('1.36', SECOND);
    const keysOf = async (uid: string) => {
      const [key, range_end] = [`/kupe/${uid}/`, `/kupe/${uid}0`].map((text) => Buffer.from(text).toString('base64'));
      return Number((await world.askEtcd('/v3/kv/range', { key, range_end, count_only: true })).count ?? 0);
    };
    const memberId = async () =>
      ((await world.askEtcd('/v3/maintenance/status', {})) as { header: { member_id: string } }).header.member_id;
    expect(await keysOf(REF.uid)).toBeGreaterThan(50);
    const isKept = await keep(SECOND);
    await world.askEtcd('/v3/maintenance/alarm', { action: 'ACTIVATE', memberID: await memberId(), alarm: 'NOSPACE' });
    await expect(keep(SECOND)).rejects.toThrow('database space exceeded');
    expect(await world.engine.destroy(REF)).toBe('deleting');
    await world.until(REF, ({ exists }) => !exists);
    expect(await keysOf(REF.uid)).toBe(0);
    expect(await isKept()).toBe(true);
    await expect.poll(async () => (await keep(SECOND))(), { timeout: 20_000 }).toBe(true);
    expect(await keysOf(SECOND.uid)).toBeGreaterThan(50);
    expect(existsSync(world.folderOf(REF))).toBe(false);
    expect(world.running().filter((command) => command.includes(REF.uid))).toEqual([]);
    expect(await world.engine.observe(SECOND)).toMatchObject({ isReady: true });
    await world.engine.destroy(SECOND);
    await world.until(SECOND, ({ exists }) => !exists);
    await expect.poll(() => world.running(), { timeout: 10_000 }).toEqual([]);
    await expect.poll(() => existsSync(join(world.folder, 'etcd'))).toBe(false);
    expect(await readdir(join(world.folder, 'clusters'))).toEqual([]);
  });

  /** A folder of programs in which these do nothing, without end. */
  async function idle(...names: string[]): Promise<string> {
    const programs = join(world.folder, 'programs');
    await mkdir(join(programs, 'v1.36.3'), { recursive: true });
    for (const name of ['etcd', 'v1.36.3/kube-apiserver', 'v1.36.3/kube-controller-manager']) {
      if (!names.some((idle) => name.endsWith(idle))) await symlink(join(PROGRAMS ?? '', name), join(programs, name));
      else await writeFile(join(programs, name), '#!/bin/sh\nwhile :; do sleep 0.1; done\n', { mode: 0o755 });
    }
    return programs;
  }

  it('a cluster is ready once its roles have their rights, which its controller manager puts together', async () => {
    await world.restart({ programs: await idle('kube-controller-manager') });
    await world.engine.apply(REF, specOf('1.36'), 1);
    const seen = await world.until(REF, ({ reason }) => reason === 'Its controller manager starts');
    expect(seen).toMatchObject({ isReady: false, isFaulty: false, runningVersion: '' });
    await world.restart({ programs: PROGRAMS ?? '' });
    await untilUp();
    const issue = await world.engine.certificateIssuer?.(REF);
    if (typeof issue !== 'function') throw new Error(`No certificate can be issued: ${issue}`);
    const issued = issue({ user: 'reader', groups: ['kupe:role:readonly'], endsAt: systemClock.now() + DAY_MS });
    const { endpoint: server = '', caPem } = (await world.engine.access(REF)) ?? {};
    const credential = { type: 'certificate', certificatePem: issued.certificatePem, keyPem: issued.privateKeyPem } as const;
    const reader = createKubernetesClient({ server, caPem, credential });
    onTestFinished(() => reader.close());
    expect((await reader.list({ apiVersion: 'v1', plural: 'pods' }, { namespace: 'default' })).items).toEqual([]);
  });

  it('a role binding of another owner is named in the cluster, which comes back by itself once it is deleted', async () => {
    await make();
    const admin = await world.adminOf(REF);
    onTestFinished(() => admin.close());
    const bindings = { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterrolebindings' };
    const name = 'openkupe-readonly';
    const own = await admin.get<KubernetesObject & { roleRef: object }>(bindings, { name });
    if (!own) throw new Error(`There is no ClusterRoleBinding "${name}"`);
    await admin.delete(bindings, { name });
    await admin.create(bindings, { ...own, metadata: { name } });
    await world.restart();
    expect(await world.until(REF, ({ isFaulty }) => isFaulty)).toMatchObject({
      isReady: true,
      reason: 'Its ClusterRoleBinding "openkupe-readonly" belongs to something else; delete it, and it is made anew',
    });
    await admin.delete(bindings, { name });
    expect(await untilUp()).toMatchObject({ isFaulty: false, reason: '' });
  });

  it('a cluster can be deleted whose API server never gets ready', async () => {
    await world.restart({ programs: await idle('kube-apiserver', 'kube-controller-manager') });
    await world.engine.apply(REF, specOf('1.36'), 1);
    await expect.poll(() => world.running().filter((command) => command.includes('kube-apiserver'))).toHaveLength(1);
    expect(await world.engine.destroy(REF)).toBe('deleting');
    await world.until(REF, ({ exists }) => !exists);
    await expect.poll(() => world.running()).toEqual([]);
  });

  it('a record that cannot be read stops no other cluster, and its cluster can still be deleted with its processes', async () => {
    await make();
    await make('1.36', SECOND);
    await world.engine.standDown();
    await writeFile(join(world.folderOf(REF), 'cluster.json'), '{');
    await writeFile(join(world.folder, 'etcd', 'etcd.json'), '{');
    await mkdir(join(world.folder, 'clusters', 'uid-empty'));
    await world.restart();
    expect(await world.engine.observe(REF)).toMatchObject({ exists: true, isReady: false, isFaulty: true });
    expect(await world.engine.observe({ ...REF, uid: 'uid-empty' })).toMatchObject({ exists: false });
    await expect(world.engine.apply(REF, specOf('1.36'), 2)).rejects.toThrow('Cannot read the record of the local cluster "uid-one"');
    await untilUp(SECOND);
    expect(await world.engine.destroy(REF)).toBe('deleting');
    await world.until(REF, ({ exists }) => !exists);
    expect(world.running().filter((command) => command.includes(REF.uid))).toEqual([]);
    // NOTE: etcd has other ports and another authority by now, so its API server may be starting again.
    await untilUp(SECOND);
    expect(await (await keep(SECOND))()).toBe(true);
  });

  it('more clusters than the setting allows are refused, and one that comes nevertheless waits for its place', async () => {
    await world.restart({ mostClusters: 1 });
    expect(world.engine.validate(specOf('1.36'))).toEqual([]);
    await make();
    expect(world.engine.validate(specOf('1.36'))[0]?.message).toContain('at most 1 cluster ');
    expect(world.engine.validate(specOf('1.36'), specOf('1.36'))).toEqual([]);
    await world.engine.apply(SECOND, specOf('1.36'), 1);
    expect((await world.until(SECOND, ({ isFaulty }) => isFaulty)).reason).toContain('At most 1 cluster can run on this machine');
    await world.engine.destroy(REF);
    await untilUp(SECOND);
  });

  it('high availability is refused, because it is one machine', () => {
    expect(world.engine.validate({ ...specOf('1.36'), highAvailability: true })).toMatchObject([{ field: 'highAvailability' }]);
  });
});
