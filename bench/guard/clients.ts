import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { createGuard, guardLimits } from '../../packages/server/src/guard/create-guard.ts';
import { runWorker } from './run-worker.ts';

const IDEAL_SECONDS = 29;

/**
 * Six clients, each a process with real connections over loopback, against one real server with our guard: 300 calls at once, 10 a
 * second after a burst of 10. Each client reaches the server at an address of its own and is limited by that, so that they do not
 * meet. Time runs from the first request that arrives to the last one that is served.
 */
export async function measureClients() {
  const address = { name: 'address', perSecond: 10, burst: 10, horizonMs: 60_000 };
  const guard = createGuard({ clock: systemClock, random: systemRandom, limits: { ...guardLimits({ address }), addresses: 4096 } });
  const refused = new Map<string, number>();
  const spans = new Map<string, { first: number; lastFirstCall: number; last: number; seen: number }>();
  const server = createServer((request, response) => {
    const key = request.socket.localAddress ?? '';
    const admission = guard.admit({ address: key });
    const now = performance.now();
    const span = spans.get(key) ?? { first: now, lastFirstCall: now, last: now, seen: 0 };
    spans.set(key, span);
    span.seen += 1;
    if (span.seen <= 300) span.lastFirstCall = now;
    if (admission.isAdmitted) span.last = now;
    if (!admission.isAdmitted) refused.set(key, (refused.get(key) ?? 0) + 1);
    for (const [name, value] of Object.entries(admission.headers)) response.setHeader(name, value);
    response.writeHead(admission.isAdmitted ? 200 : 429, { 'content-type': 'application/json' });
    response.end(admission.isAdmitted ? '{"items":[]}' : '{"error":"Too many requests"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as AddressInfo;
  const names = (await runWorker('clients.worker.ts', ['--list'])) as string[];
  const results: object[] = [];
  for (const [at, name] of names.entries()) {
    const host = `127.0.0.${at + 11}`;
    const { done } = (await runWorker('clients.worker.ts', [name, `http://${host}:${port}`])) as { done: number };
    const span = spans.get(host);
    if (!span) throw new Error(`${name} never reached the server`);
    const seconds = (span.last - span.first) / 1000;
    const arrivingSeconds = (span.lastFirstCall - span.first) / 1000;
    results.push({
      name,
      done,
      seconds,
      ofIdeal: seconds / IDEAL_SECONDS,
      arrivingSeconds,
      refusedPerCall: (refused.get(host) ?? 0) / 300,
    });
  }
  server.closeAllConnections();
  server.close();
  return results;
}
