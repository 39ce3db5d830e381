import { startWorker } from '../harness/worker.ts';
import { type Rate, readLoad } from './load.ts';
import { keyOf, type RunningServer } from './openkupe.ts';
import { cpuSeconds } from './process-usage.ts';

export type Contestant = 'bare' | 'http' | 'fastify' | 'openkupe';
export type Row = 'get' | 'list' | 'refused' | 'unchanged' | 'shed';

/** An answer as bare `node:http` sends it. */
export interface Recorded {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const CLUSTERS = '/api/v1/tenants/demo/clusters';
/** The request of each row, and the status of its answer. */
const ROWS: Readonly<Record<Row, { readonly path: string; readonly status: number }>> = {
  get: { path: `${CLUSTERS}/c7`, status: 200 },
  list: { path: CLUSTERS, status: 200 },
  refused: { path: `${CLUSTERS}/c7`, status: 429 },
  unchanged: { path: `${CLUSTERS}/c7`, status: 304 },
  /** The 503 of a caller whose deadline has passed, which costs what that of an overloaded process costs. */
  shed: { path: `${CLUSTERS}/c7`, status: 503 },
};

/** A request, and who answers it. */
export interface Target {
  readonly pid: number;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
}

/** Everything that is measured in alternation, running. */
export interface Contest {
  /** By row and contestant; the Fastify stack has no 503, and the HTTP side alone is measured where it is most of what an answer costs. */
  readonly targets: Readonly<Record<Row, Readonly<Partial<Record<Contestant, Target>>>>>;
  stop(): Promise<void>;
}

/** A running openkupe, and the folder that it runs on. */
export interface Opened {
  readonly server: RunningServer;
  readonly folder: string;
}

const ask = ({ port, path, headers }: Target) => fetch(`http://127.0.0.1:${port}${path}`, { headers });

/** What bare `node:http` is to send: the very headers and bytes of openkupe, less those that Node adds itself. */
async function record(target: Target): Promise<Recorded> {
  const response = await ask(target);
  if (response.status !== target.status) throw new Error(`${target.path} answered ${response.status}, not ${target.status}`);
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name)));
  return { status: response.status, headers, body: await response.text() };
}

async function ownTargets(open: Opened, limited: Opened): Promise<Record<Row, Target>> {
  const of = (row: Row, { server, folder }: Opened, headers = {}): Target => {
    return { ...ROWS[row], pid: server.pid, port: server.port, headers: { authorization: `Bearer ${keyOf(folder)}`, ...headers } };
  };
  const get = of('get', open);
  const etag = (await ask(get)).headers.get('etag') ?? '';
  const refused = of('refused', limited);
  await ask(refused);
  return {
    get,
    list: of('list', open),
    refused,
    unchanged: of('unchanged', open, { 'if-none-match': etag }),
    shed: of('shed', open, { 'x-request-deadline': '2000-01-01T00:00:00Z' }),
  };
}

/** Starts the contestants on the data of a running openkupe. `limited` is another one with the same data, whose limit is one request. */
export async function startContest(open: Opened, limited: Opened): Promise<Contest> {
  const own = await ownTargets(open, limited);
  const rows = Object.keys(ROWS) as Row[];
  const bareWorker = await startWorker(new URL('bare.worker.ts', import.meta.url));
  const answers = await Promise.all(rows.map(async (row) => [`/${row}`, await record(own[row])] as const));
  const bare = await bareWorker.ask<Pick<Target, 'pid' | 'port'>>(Object.fromEntries(answers));

  const httpWorker = await startWorker(new URL('http-side.worker.ts', import.meta.url));
  const pathOf = (row: Row) => `${own[row].path}?row=${row}`;
  const http = await httpWorker.ask<Pick<Target, 'pid' | 'port'>>({
    folder: `${open.folder}.http`,
    answers: Object.fromEntries(answers.map(([path, answer]) => [pathOf(path.slice(1) as Row), answer])),
  });

  const { items } = (await (await ask(own.list)).json()) as { items: { name: string }[] };
  const peerWorker = await startWorker(new URL('fastify.worker.mjs', import.meta.url));
  const peer = await peerWorker.ask<{ pid: number; port: number; limited: number }>({
    file: `${open.folder}.peer.db`,
    key: keyOf(open.folder),
    clusters: items.map((item) => ({ name: item.name, body: JSON.stringify(item) })),
  });
  const targetsOf = (row: Row): Record<Exclude<Contestant, 'http'>, Target> => {
    const target = own[row];
    const headers = { ...own.get.headers, ...(row === 'unchanged' ? { 'if-none-match': '"1"' } : {}) };
    return {
      bare: { ...target, ...bare, path: `/${row}` },
      fastify: { ...target, pid: peer.pid, port: row === 'refused' ? peer.limited : peer.port, headers },
      openkupe: target,
    };
  };
  const withHttp = (row: Row) => ({ ...targetsOf(row), http: { ...own[row], ...http, path: pathOf(row) } });
  const { fastify: _none, ...shed } = targetsOf('shed');
  const targets = {
    get: targetsOf('get'),
    list: targetsOf('list'),
    refused: withHttp('refused'),
    unchanged: withHttp('unchanged'),
    shed,
  };
  await ask(targets.refused.fastify);
  return {
    targets,
    async stop() {
      await bareWorker.stop();
      await httpWorker.stop();
      await peerWorker.stop();
    },
  };
}

const CONNECTIONS = 32;

/** One round: answers a second, and the processor time of the server for one, microseconds, which a busy machine changes less. */
export async function measureRead(target: Target, seconds: number): Promise<{ perSecond: number; cpuUs: number }> {
  const before = cpuSeconds(target.pid);
  const { perSecond }: Rate = await readLoad(target, CONNECTIONS, seconds);
  return { perSecond, cpuUs: ((cpuSeconds(target.pid) - before) / (perSecond * seconds)) * 1e6 };
}
