import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Random } from '@openkupe/contract';
import type { Log } from '../../log/log.ts';
import { createKeyedMutex } from '../../store/keyed-mutex.ts';
import { replaceStoredFile } from '../../store/replace-stored-file.ts';
import { createAuthority } from '../x509/certificates.ts';
import { askEtcd, type EtcdState, etcdCommand, keepEtcdCertificates, readEtcdState } from './etcd-place.ts';
import { type AskEtcd, freeSpace } from './etcd-space.ts';
import { freePort, HOST, keptPort } from './free-port.ts';
import { superviseProcess } from './supervised-process.ts';

/** The one etcd of all clusters. The data of each is below a prefix of its own. */
export interface Etcd {
  /** Starts it where it does not run, and resolves once it is healthy. Rejects when `signal` aborts. */
  ensure(signal: AbortSignal): Promise<void>;
  /** What the API server of a cluster needs to reach it. */
  flags(): readonly string[];
  /** Deletes every key of the cluster, and frees their space where etcd takes no writes for want of it. */
  deleteKeys(uid: string): Promise<void>;
  /** Renews the certificates that end soon, keeps the log bounded, and frees space where it takes no writes for want of it. */
  maintain(): Promise<void>;
  leave(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it and removes its data, unless a cluster needs it. */
  removeUnless(isNeeded: () => boolean): Promise<void>;
}

/** Between two questions whether it is healthy. */
const POLL_MS = 50;
/** One that runs for this long without being healthy is reported. */
const HEALTHY_MS = 30_000;
/** One without space for writes still takes deletes, which is how it gets space again. */
const HEALTH = '/health?exclude=NOSPACE';

/** The range of keys below the prefix of a cluster, as etcd takes it: from the key, up to the next one after all of its extensions. */
const rangeOf = (uid: string) => ({ key: base64(`/kupe/${uid}/`), range_end: base64(`/kupe/${uid}0`) });
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** The prefix of the keys of a cluster. */
export const etcdPrefix = (uid: string): string => `/kupe/${uid}`;

/** Makes the etcd in `folder`; nothing runs yet. `onMoved`: it had to take another port. */
export function createEtcd(options: {
  readonly folder: string;
  readonly program: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Log, 'warn'>;
  readonly onMoved: () => void;
}): Etcd {
  const { folder, program, clock, random, onMoved } = options;
  const supervised = superviseProcess({ name: 'etcd', ...options });
  const at = (name: string) => join(folder, name);
  // NOTE: so that it is not removed with its last cluster while another cluster begins to need it.
  const mutex = createKeyedMutex();
  let state: EtcdState | undefined;

  async function save(next: EtcdState): Promise<EtcdState> {
    state = next;
    await replaceStoredFile(at('etcd.json'), JSON.stringify(next));
    return next;
  }
  async function load(): Promise<EtcdState> {
    if (state) return state;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const known = await readEtcdState(at('etcd.json'));
    const found = known ?? (await makeState());
    await replaceStoredFile(at('ca.crt'), found.authority.certificatePem);
    await keepEtcdCertificates(folder, found.authority, options);
    if (!known) return save(found);
    state = known;
    return known;
  }
  async function makeState(): Promise<EtcdState> {
    // NOTE: asked for at the same time, so that they are not the same one.
    const [port, peerPort] = await Promise.all([freePort(), freePort()]);
    return { port, peerPort, authority: createAuthority('etcd', clock.now(), random, 'openkupe local') };
  }
  async function prepare(): Promise<void> {
    const before = await load();
    const [port, peerPort] = await Promise.all([keptPort(before.port, clock), keptPort(before.peerPort, clock)]);
    if (port === before.port && peerPort === before.peerPort) return;
    await save({ ...before, port, peerPort });
    onMoved();
  }
  const ask: AskEtcd = async (path, body, withinMs) => askEtcd(folder, await load(), { path, body, withinMs });
  async function ensure(signal: AbortSignal): Promise<void> {
    const loaded = await load();
    await supervised.run({ command: () => etcdCommand(program, folder, state ?? loaded), prepare });
    const beganMs = clock.monotonic();
    while ((await ask(HEALTH).catch(() => undefined))?.health !== 'true') {
      signal.throwIfAborted();
      if (supervised.lastEnd) throw new Error(`${supervised.lastEnd} and is started again`);
      if (clock.monotonic() - beganMs > HEALTHY_MS) throw new Error('etcd runs and does not become healthy');
      await clock.sleep(POLL_MS, signal);
    }
  }

  return {
    ensure: (signal) => mutex.run('etcd', () => ensure(signal)),
    flags: () => [
      `--etcd-servers=https://${HOST}:${state?.port}`,
      `--etcd-cafile=${at('ca.crt')}`,
      `--etcd-certfile=${at('client.pem')}`,
      `--etcd-keyfile=${at('client.pem')}`,
    ],
    async deleteKeys(uid) {
      await ask('/v3/kv/deleterange', rangeOf(uid));
      await freeSpace(ask);
    },
    async maintain() {
      supervised.trimLog();
      if (!state) return;
      await keepEtcdCertificates(folder, state.authority, options);
      await freeSpace(ask);
    },
    leave: () => supervised.leave(),
    stop: () => supervised.stop(),
    removeUnless: (isNeeded) =>
      mutex.run('etcd', async () => {
        if (isNeeded()) return;
        await supervised.stop();
        state = undefined;
        await rm(folder, { recursive: true, force: true });
      }),
  };
}
