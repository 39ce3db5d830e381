import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { createGuard, guardLimits } from '../../packages/server/src/rate-limit/create-guard.ts';
import { runWorker } from '../harness/worker.ts';

export interface ClientRow {
  readonly name: string;
  readonly limit: string;
  readonly calls: number;
  readonly done: number;
  readonly seconds: number;
  readonly ofIdeal: number;
  /** How long the first requests took to arrive. */
  readonly arrivingSeconds: number;
  /** The share of returns that were admitted. */
  readonly truth: number;
  readonly refusedPerCall: number;
}

export interface ClientPlan {
  readonly calls: number;
  readonly perSecond: number;
  readonly burst: number;
}

/** Clients start this long apart, so that one's volley does not slow down another's. */
const APART_MS = 1500;

/** What one client's requests came to; the client is told by the address at which it reaches the server. */
interface Tally {
  readonly firstMs: number;
  lastFirstCallMs: number;
  lastServedMs: number;
  seen: number;
  servedAtFirst: number;
  refused: number;
}

/**
 * Clients as they come, each a process with real connections over loopback, against a real server with our guard: many calls at once.
 * Each client reaches the server at an address of its own and is limited by that, so that they do not meet. Time runs from the first
 * request that arrives to the last one that is served.
 */
export async function measureClients(plans: readonly ClientPlan[]): Promise<ClientRow[]> {
  const names = (await runWorker(new URL('clients.worker.ts', import.meta.url), ['--list'])) as string[];
  const rows: ClientRow[] = [];
  for (const plan of plans) rows.push(...(await measurePlan(plan, names)));
  return rows;
}

async function measurePlan({ calls, perSecond, burst }: ClientPlan, names: readonly string[]): Promise<ClientRow[]> {
  const address = { name: 'address', perSecond, burst, horizonMs: 60_000 };
  const guard = createGuard({ clock: systemClock, random: systemRandom, limits: { ...guardLimits({ address }), addresses: 4096 } });
  const tallies = new Map<string, Tally>();
  const server = createServer((request, response) => {
    const key = request.socket.localAddress ?? '';
    const admission = guard.admit({ address: key });
    const now = performance.now();
    const tally = tallies.get(key) ?? { firstMs: now, lastFirstCallMs: now, lastServedMs: now, seen: 0, servedAtFirst: 0, refused: 0 };
    tallies.set(key, tally);
    tally.seen += 1;
    if (tally.seen <= calls) tally.lastFirstCallMs = now;
    if (tally.seen <= calls && admission.isAdmitted) tally.servedAtFirst += 1;
    if (admission.isAdmitted) tally.lastServedMs = now;
    else tally.refused += 1;
    for (const [name, value] of Object.entries(admission.headers)) response.setHeader(name, value);
    response.writeHead(admission.isAdmitted ? 200 : 429, { 'content-type': 'application/json' });
    response.end(admission.isAdmitted ? '{"items":[]}' : '{"error":"Too many requests"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', 1024, resolve));
  const { port } = server.address() as AddressInfo;
  const idealSeconds = (calls - burst) / perSecond;
  const measure = async (name: string, at: number): Promise<ClientRow> => {
    await new Promise((resolve) => setTimeout(resolve, at * APART_MS));
    const host = `127.0.0.${at + 11}`;
    const { done } = (await runWorker(new URL('clients.worker.ts', import.meta.url), [name, `http://${host}:${port}`, String(calls)])) as {
      done: number;
    };
    const tally = tallies.get(host);
    if (!tally) throw new Error(`${name} never reached the server`);
    const seconds = (tally.lastServedMs - tally.firstMs) / 1000;
    return {
      name,
      limit: `${perSecond}/s, burst ${burst}`,
      calls,
      done,
      seconds,
      ofIdeal: seconds / idealSeconds,
      arrivingSeconds: (tally.lastFirstCallMs - tally.firstMs) / 1000,
      truth: (tally.seen - tally.refused - tally.servedAtFirst) / Math.max(1, tally.seen - calls),
      refusedPerCall: tally.refused / calls,
    };
  };
  const rows = await Promise.all(names.map(measure));
  server.closeAllConnections();
  server.close();
  return rows;
}
