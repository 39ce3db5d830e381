/**
 * The same storms twice: in virtual time, and on the wall clock against a real HTTP server on loopback, one for some contestants and four
 * cells of the grid's kind for ours. Prints how each ended; the two have to agree. `node wall-clock.ts virtual|real`. Ours uses its own transport on the wall clock, the others
 * the `fetch` of Node, all at the same time, each with a server of its own.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import type { Contestant, Send, SimClient } from './exchange.ts';
import { idealMs } from './grid-cell.ts';
import type { Change, Limit } from './limiters.ts';
import { seedChance } from './measure.ts';
import { elapsedMs, installVirtualTime, runVirtual } from './virtual-time.ts';

/** How one contestant ended one of the two storms. */
export interface WallClockRun {
  readonly mode: 'virtual' | 'real';
  readonly client: string;
  readonly calls: number;
  readonly done: number;
  readonly refused: number;
  readonly idealMs: number;
  /** Until the last call had succeeded or failed. */
  readonly tookMs: number;
}

const CALLS = 60;
const PER_SECOND = 10;
const BURST = 10;
const SEED = 11;
const LIMIT_MS = 600_000;
const WARM = '/warm';
/** Some who finish and some who give up. Those whose end hangs on a last throw of the dice would differ from themselves. */
const CHOSEN = ['openkupe', 'page rule', 'openai', 'octokit retry'];

const mode = process.argv[2] === 'real' ? 'real' : 'virtual';
if (mode === 'virtual') installVirtualTime();
const { competitors } = (await import('./competitors/all.mjs' as string)) as { competitors: readonly Contestant[] };
const { createLimitedServer } = await import('./limited-server.ts');
const { ours } = await import('./ours.ts');
const { createClient } = await import('@openkupe/sdk');

function sendTo(host: string): Send {
  return async ({ method, path, headers, body, signal }) => {
    const response = await fetch(host + path, { method, headers, body: body ?? null, signal: signal ?? null });
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  };
}

async function listen(send: Send): Promise<{ host: string; server: http.Server }> {
  const server = http.createServer(async (request, response) => {
    const { url: path = '/', method = 'GET' } = request;
    if (path === WARM) return void response.setHeader('content-type', 'application/json').end('{"items":[]}');
    const { status, headers, body } = await send({ method, path, headers: {} });
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: CALLS * 2 }, resolve));
  return { host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** Opens the connections and lets the code be compiled, which virtual time knows nothing of. */
async function warmUp(contestant: Contestant, host: string): Promise<void> {
  const send = sendTo(host);
  const call = contestant.create((request) => send({ ...request, path: WARM }), SEED);
  await Promise.all(Array.from({ length: CALLS }, () => call({ method: 'GET', path: WARM })));
}

/** One storm: who meets which limit, with how many clients that know nothing of each other. */
interface Course {
  readonly name: string;
  readonly contestant: Contestant;
  readonly limit: Limit;
  readonly change?: Change;
  readonly keys: number;
  readonly callsEach: number;
}

const steady = (perSecond: number, burst: number): Limit => ({ kind: 'steady', perSecond, burst });
/** Four cells of the grid's kind, whose virtual time is held against the wall clock, too. */
const CELLS: readonly Omit<Course, 'contestant'>[] = [
  { name: 'openkupe: 7/s burst 3', limit: steady(7, 3), keys: 1, callsEach: 140 },
  { name: 'openkupe: 30 per 5 s window', limit: { kind: 'window', calls: 30, windowMs: 5_000 }, keys: 1, callsEach: 150 },
  { name: 'openkupe: 25/s burst 5, 5/s after 3 s', limit: steady(25, 5), change: { atMs: 3_000, factor: 0.2 }, keys: 1, callsEach: 150 },
  { name: 'openkupe: 3 keys, 9/s burst 3', limit: steady(9, 3), keys: 3, callsEach: 45 },
];

/** A client of one key; ours brings its own transport on the wall clock. */
function clientOf(contestant: Contestant, host: string | undefined, send: Send, key: number): SimClient {
  if (!host || contestant !== ours) return contestant.create(host ? sendTo(host) : send, SEED + key);
  const random = createSeededRandom((SEED + key) * 7_919 + 1);
  const client = createClient({ host, tenant: 'acme', apiKey: `kupe_bench${key}`, random });
  return () => client.clusters.list();
}

async function storm({ name, contestant, limit, change, keys, callsEach }: Course): Promise<WallClockRun> {
  const random = createSeededRandom(SEED);
  let startedAt = elapsedMs();
  const options = {
    limit,
    retryAfter: 'next-token',
    hasFields: false,
    roundTripMs: [40, 60],
    random,
    now: () => elapsedMs() - startedAt,
  } as const;
  const limited = createLimitedServer({ ...options, ...(change ? { change } : {}) }).connect();
  const real = mode === 'real' ? await listen(limited.send) : undefined;
  if (real) await warmUp(contestant, real.host);
  const clients = Array.from({ length: keys }, (_, key) => clientOf(contestant, real?.host, limited.send, key));
  let done = 0;
  startedAt = elapsedMs();
  const one = async (call: SimClient) => {
    try {
      await call({ method: 'GET', path: '/api/v1/tenants/acme/clusters' });
      done += 1;
    } catch {
      // NOTE: a call that gave up is not done.
    }
  };
  await Promise.all(clients.flatMap((call) => Array.from({ length: callsEach }, () => one(call))));
  const tookMs = Math.round(elapsedMs() - startedAt);
  real?.server.closeAllConnections();
  real?.server.close();
  const ideal = idealMs({ limit, ...(change ? { change } : {}), roundTripMs: [0, 0], keys, callsEach, workersEach: callsEach });
  return { mode, client: name, calls: keys * callsEach, done, refused: limited.counts.refused, idealMs: Math.round(ideal), tookMs };
}

const limit = steady(PER_SECOND, BURST);
const peers = [ours, ...competitors].filter(({ name }) => CHOSEN.includes(name));
const courses: Course[] = [
  ...peers.map((contestant) => ({ name: contestant.name, contestant, limit, keys: 1, callsEach: CALLS })),
  ...CELLS.map((cell) => ({ ...cell, contestant: ours })),
];
const runs: WallClockRun[] = [];
for (const course of courses) {
  seedChance(SEED);
  const run = async () => void runs.push(await storm(course));
  if (mode === 'real') await run();
  else await runVirtual(run, LIMIT_MS);
}
process.stdout.write(JSON.stringify(runs), () => process.exit(0));
