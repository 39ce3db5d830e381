import { readdirSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock, systemRandom } from '@openkupe/contract';
import { createStderrLog } from '../../../log/stderr-log.ts';
import { createDamageReport } from '../../../store/broken-data.ts';
import type { ClusterRef, Observation } from '../../engine.ts';
import { createKubernetesClient, type KubernetesClient } from '../../kubernetes/client.ts';
import { askEtcd, type EtcdState } from '../etcd-place.ts';
import { createLocalEngine, type LocalEngine, type LocalEngineOptions } from '../local-engine.ts';
import { makeOwnedFolder, removeLeftovers } from './owned-folder.ts';

/** A real engine on the real clock, in a folder of its own, with what a test does to it from outside. */
export interface LocalWorld {
  readonly folder: string;
  readonly engine: LocalEngine;
  /** The folder of a cluster. */
  folderOf(ref: ClusterRef): string;
  /** Leaves the processes alone, and opens another engine on them, as after this process was killed. */
  restart(options?: Partial<LocalEngineOptions>): Promise<void>;
  /** Ends the processes, and opens another engine. `before` runs in between. */
  stopAndStart(before?: () => Promise<void>): Promise<void>;
  /** Waits until the observation of a cluster is so. */
  until(ref: ClusterRef, isSo: (seen: Observation) => boolean): Promise<Observation>;
  /** The id of a recorded process: `kube-apiserver`, `kube-controller-manager`, or `etcd`. */
  pidOf(name: string, ref: ClusterRef): Promise<number>;
  /** The administrator of a cluster. */
  adminOf(ref: ClusterRef): Promise<KubernetesClient>;
  /** Asks etcd, by its gateway. */
  askEtcd(path: string, body: object): Promise<Record<string, unknown>>;
  /** The command lines of every process of the machine that names the folder. */
  running(): string[];
  end(): Promise<void>;
}

const LONGEST_MS = 90_000;
/** A control plane that does not answer: no test here sends a token. */
const NOWHERE = { url: 'http://127.0.0.1:1/webhook/token-review', credentialFor: (uid: string) => `${uid}.mac` };

/** Command lines by process id, of processes that name the folder. */
function processesNaming(folder: string): Map<number, string> {
  const found = new Map<number, string>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').join(' ');
      if (command.includes(folder)) found.set(Number(name), command);
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** Opens a world whose programs are in this folder. `clock` is for the life of certificates. */
export async function startLocalWorld(programs: string, given: Partial<LocalEngineOptions> = {}): Promise<LocalWorld> {
  await removeLeftovers();
  const folder = makeOwnedFolder();
  const log = createStderrLog('silent');
  async function open(options: Partial<LocalEngineOptions>): Promise<LocalEngine> {
    const damage = createDamageReport(log);
    const ports = { clock: systemClock as Clock, random: systemRandom, log, damage, tokenReview: NOWHERE };
    const fixed = { folder, programs, ...ports, requirePlace() {}, mostClusters: 3 };
    const opened = await createLocalEngine({ ...fixed, ...given, ...options });
    await opened.takeOver();
    return opened;
  }
  let engine = await open({});
  const folderOf = ({ uid }: ClusterRef) => join(folder, 'clusters', uid);
  return {
    folder,
    get engine() {
      return engine;
    },
    folderOf,
    async restart(options = {}) {
      await engine.standDown();
      engine = await open(options);
    },
    async stopAndStart(before = async () => {}) {
      await engine.close();
      await before();
      engine = await open({});
    },
    async until(ref, isSo) {
      for (const beganMs = systemClock.monotonic(); ; await systemClock.sleep(50)) {
        const seen = await engine.observe(ref);
        if (isSo(seen)) return seen;
        if (systemClock.monotonic() - beganMs > LONGEST_MS) throw new Error(`It did not become so: ${JSON.stringify(seen)}`);
      }
    },
    async pidOf(name, ref) {
      const path = name === 'etcd' ? join(folder, 'etcd', 'etcd.pid') : join(folderOf(ref), `${name}.pid`);
      return (JSON.parse(await readFile(path, 'utf8')) as { pid: number }).pid;
    },
    async adminOf(ref) {
      const pem = await readFile(join(folderOf(ref), 'admin.pem'), 'utf8');
      const { endpoint = '', caPem = '' } = (await engine.access(ref)) ?? {};
      return createKubernetesClient({ server: endpoint, caPem, credential: { type: 'certificate', certificatePem: pem, keyPem: pem } });
    },
    async askEtcd(path, body) {
      const state = JSON.parse(await readFile(join(folder, 'etcd', 'etcd.json'), 'utf8')) as EtcdState;
      return askEtcd(join(folder, 'etcd'), state, { path, body });
    },
    running: () => [...processesNaming(folder).values()],
    async end() {
      await engine.close().catch(() => {});
      // NOTE: after a test that failed; only what names this folder.
      for (const pid of processesNaming(folder).keys()) process.kill(pid, 'SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
