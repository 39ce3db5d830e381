/**
 * What a request passes through: our files, the functions in them and their calls, counted by V8 between the request that a client writes to
 * a socket and the answer it has read. The reconciler and the chores are not started, so that nothing but the request is counted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { readConfig } from '../../packages/server/src/config/config.ts';
import { compose } from '../../packages/server/src/start/compose.ts';
import { ensureFirstTenant } from '../../packages/server/src/start/first-tenant.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { markdown } from '../harness/table.ts';

const CLUSTERS = '/api/v1/tenants/demo/clusters';
const PACKAGES = new URL('../../packages/', import.meta.url).href;

interface Sent {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** With the version that was read and another Kubernetes version each time, as the page's script does it. */
  readonly isGuarded?: true;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Each is sent some times before the one that is counted, so that its connection is open and what is prepared once is there. */
const REQUESTS: readonly Sent[] = [
  { name: 'GET of a cluster', method: 'GET', path: `${CLUSTERS}/one` },
  { name: 'guarded PATCH of a cluster', method: 'PATCH', path: `${CLUSTERS}/one`, isGuarded: true },
  { name: 'list of clusters', method: 'GET', path: CLUSTERS },
  { name: 'GET with a wrong key', method: 'GET', path: `${CLUSTERS}/one`, headers: { authorization: 'Bearer kupe_wrong' } },
];
const WARM_UPS = 3;
const VERSIONS = ['1.32', '1.33'] as const;

interface Traced {
  readonly name: string;
  readonly status: number;
  readonly files: readonly string[];
  readonly functions: number;
  readonly calls: number;
}

interface Count {
  readonly name: string;
  readonly status: number;
  readonly files: number;
  readonly functions: number;
  readonly calls: number;
}

interface Results {
  readonly requests: readonly Count[];
  readonly files: readonly { readonly name: string; readonly files: readonly string[] }[];
}

interface Received {
  readonly status: number;
  readonly text: string;
  readonly etag: string;
}

function exchange(port: number, agent: Agent, { method, path, body }: Sent, headers: Record<string, string>): Promise<Received> {
  return new Promise((resolve, reject) => {
    const text = body && JSON.stringify(body);
    const length = text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const sent = request({ port, agent, method, path, headers: { ...headers, ...length } }, async (response) => {
      const chunks = await response.toArray();
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString(), etag: response.headers.etag ?? '' });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

/** What V8 counted since the last time, in our files alone. */
async function takeCounts(session: Session): Promise<Pick<Traced, 'files' | 'functions' | 'calls'>> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const called = result
    .filter(({ url }) => url.startsWith(PACKAGES))
    .map(({ url, functions }) => ({ url, counts: functions.map(({ ranges }) => ranges[0]?.count ?? 0).filter((count) => count > 0) }))
    .filter(({ counts }) => counts.length > 0);
  const counts = called.flatMap((one) => one.counts);
  return {
    files: called.map(({ url }) => url.slice(PACKAGES.length).replace('/src/', '/')).sort(),
    functions: counts.length,
    calls: counts.reduce((sum, count) => sum + count, 0),
  };
}

async function trace(): Promise<Traced[]> {
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-'));
  const config = readConfig([], { OPENKUPE_DATA: folder, OPENKUPE_LOG_LEVEL: 'silent' }, folder);
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  const plane = await compose(config, { clock: systemClock, random: systemRandom });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const key = (await ensureFirstTenant(plane.ports)) ?? '';
    const port = Number(new URL(await plane.http.listen({ host: '127.0.0.1', port: 0 })).port);
    const send = (sent: Sent, headers = {}) => exchange(port, agent, sent, { authorization: `Bearer ${key}`, ...sent.headers, ...headers });
    await send({ name: '', method: 'POST', path: CLUSTERS, body: { name: 'one', version: VERSIONS[1] } });
    const traced: Traced[] = [];
    for (const sent of REQUESTS) {
      for (let count = 0; count <= WARM_UPS; count += 1) {
        const { etag } = sent.isGuarded ? await send({ name: '', method: 'GET', path: sent.path }) : { etag: '' };
        const body = sent.isGuarded && { version: VERSIONS[count % VERSIONS.length] };
        await takeCounts(session);
        const { status } = await send({ ...sent, ...(body ? { body } : {}) }, sent.isGuarded ? { 'if-match': etag } : {});
        const counts = await takeCounts(session);
        if (count === WARM_UPS) traced.push({ name: sent.name, status, ...counts });
      }
    }
    return traced;
  } finally {
    agent.destroy();
    await plane.stop(0);
    session.disconnect();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Their names after the folder that they have in common. */
function byFolder(files: readonly string[]): string {
  const folders = Map.groupBy(files, (file) => file.slice(0, file.lastIndexOf('/')));
  const names = (inFolder: readonly string[]) => inFolder.map((file) => file.slice(file.lastIndexOf('/') + 1, -'.ts'.length)).join(', ');
  return [...folders].map(([folder, inFolder]) => `\`${folder}/\` ${names(inFolder)}`).join(' · ');
}

/** The benchmark of how many files, functions and calls a request takes. */
export const benchmark: Benchmark<Results> = {
  parts: {
    requests: {
      measure: async () => (await trace()).map(({ files, ...rest }) => ({ ...rest, files: files.length })),
      table: (counts) =>
        markdown(
          ['request', 'status', 'our files', 'functions', 'calls'],
          counts.map(({ name, status, files, functions, calls }) => [name, `${status}`, `${files}`, `${functions}`, `${calls}`]),
        ),
    },
    files: {
      measure: async () => (await trace()).map(({ name, files }) => ({ name, files })),
      table: (traced) => traced.map(({ name, files }) => `**${name}**: ${byFolder(files)}.`).join('\n\n'),
    },
  },
  targets: [
    { text: 'our files that a GET passes', of: ({ requests }) => requests?.[0]?.files, atMost: 38 },
    { text: 'our files that a guarded PATCH passes', of: ({ requests }) => requests?.[1]?.files, atMost: 45 },
  ],
};
