/**
 * The same storm twice for some contestants: in virtual time, and on the wall clock against a real HTTP server on loopback. Prints how
 * each ended; the two have to agree. `node wall-clock.ts virtual|real`. Ours uses its own transport on the wall clock, the others
 * the `fetch` of Node, all at the same time, each with a server of its own.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import type { Contestant, Send } from './exchange.ts';
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

async function storm(contestant: Contestant): Promise<WallClockRun> {
  const random = createSeededRandom(SEED);
  const limit = { kind: 'steady', perSecond: PER_SECOND, burst: BURST } as const;
  const limited = createLimitedServer({ limit, retryAfter: 'next-token', hasFields: false, roundTripMs: [40, 60], random }).connect();
  const real = mode === 'real' ? await listen(limited.send) : undefined;
  if (real) await warmUp(contestant, real.host);
  let call = contestant.create(real ? sendTo(real.host) : limited.send, SEED);
  if (real && contestant === ours) {
    const options = { host: real.host, tenant: 'acme', apiKey: 'kupe_bench', random: createSeededRandom(SEED * 7_919 + 1) };
    const client = createClient(options);
    call = () => client.clusters.list();
  }
  let done = 0;
  const startedAt = elapsedMs();
  const one = async () => {
    try {
      await call({ method: 'GET', path: '/api/v1/tenants/acme/clusters' });
      done += 1;
    } catch {
      // NOTE: a client that gives up is not done.
    }
  };
  await Promise.all(Array.from({ length: CALLS }, one));
  const tookMs = Math.round(elapsedMs() - startedAt);
  real?.server.closeAllConnections();
  real?.server.close();
  const idealMs = ((CALLS - BURST) / PER_SECOND) * 1_000;
  return { mode, client: contestant.name, calls: CALLS, done, refused: limited.counts.refused, idealMs, tookMs };
}

const contestants = [ours, ...competitors].filter(({ name }) => CHOSEN.includes(name));
const runs: WallClockRun[] = [];
for (const contestant of contestants) {
  seedChance(SEED);
  const run = async () => void runs.push(await storm(contestant));
  if (mode === 'real') await run();
  else await runVirtual(run, LIMIT_MS);
}
process.stdout.write(JSON.stringify(runs), () => process.exit(0));
