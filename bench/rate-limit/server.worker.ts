/** The whole server in a process of its own, whose way of shedding load can be changed while it runs. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { readConfig } from '../../packages/server/src/config/config.ts';
import type { Overload } from '../../packages/server/src/overload/overload.ts';
import { compose } from '../../packages/server/src/start/compose.ts';
import { ensureFirstTenant, FIRST_TENANT } from '../../packages/server/src/start/first-tenant.ts';
import type { Store } from '../../packages/server/src/store/store.ts';
import { answerQuestions } from '../harness/worker.ts';
import type { ServerState } from './overload.ts';
import { type Shedding, sheddingKinds } from './shedding.ts';

const CLUSTERS = 100;

async function addClusters(store: Store): Promise<void> {
  const resources = { cpu: '1', memory: '1Gi' };
  for (let at = 0; at < CLUSTERS; at += 1) {
    const key = { kind: 'cluster' as const, tenant: FIRST_TENANT, name: `cluster-${at}` };
    const spec = { displayName: `Cluster ${at}`, type: 'shared' as const, version: '1.32', resources, highAvailability: false };
    const observed = { observedGeneration: 1, kubernetesVersion: 'v1.32.3', endpoint: '', caPem: '', waitingFor: '' };
    await store.commit({ at: Date.now(), writes: [{ verb: 'create', key, uid: `uid-${at}`, spec, observed }] });
  }
}

const folder = mkdtempSync(join(tmpdir(), 'openkupe-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
// The load names the client of each request, as a proxy does, so that thousands of addresses take part.
const settings = { OPENKUPE_DATA: folder, OPENKUPE_PORT: '0', OPENKUPE_LOG_LEVEL: 'silent', OPENKUPE_TRUSTED_PROXIES: '127.0.0.1/32' };
const plane = await compose(readConfig([], settings, folder), { clock: systemClock, random: systemRandom });
await plane.start();
const key = await ensureFirstTenant(plane.ports);
await addClusters(plane.ports.store);
await plane.http.listen({ host: '127.0.0.1', port: 0 });
const { port } = plane.http.server.address() as AddressInfo;
const ports = plane.ports as { overload: Overload };
const own = ports.overload;
const kinds = sheddingKinds(own);

interface Question {
  readonly shedding?: Shedding;
}

answerQuestions(({ shedding }: Question): ServerState => {
  if (shedding !== undefined) ports.overload = kinds[shedding];
  return { port, key: key ?? '', tenant: FIRST_TENANT };
});
