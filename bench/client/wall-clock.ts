/**
 * The same storm twice: in virtual time, and on the wall clock against a real HTTP server on loopback with the real transport. Prints
 * how long each took; the two have to agree within a tenth. `node wall-clock.ts virtual|real`.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { elapsedMs, installVirtualTime, runVirtual } from './virtual-time.ts';

const mode = process.argv[2];
if (mode === 'virtual') installVirtualTime();
const { createLimitedServer } = await import('./limited-server.ts');
const { ourClient } = await import('./ours.ts');
const { createClient } = await import('@openkupe/sdk');

const CALLS = 200;
const limit = { perSecond: 20, burst: 20, retryAfter: 'next-token', hasFields: false, random: createSeededRandom(11) } as const;
const { send, counts } = createLimitedServer(limit);

async function storm(client: ReturnType<typeof ourClient>): Promise<number> {
  const startedAt = elapsedMs();
  await Promise.all(Array.from({ length: CALLS }, () => client.clusters.list()));
  return elapsedMs() - startedAt;
}

let tookMs = 0;
if (mode === 'virtual') {
  await runVirtual(async () => {
    tookMs = await storm(ourClient(send, 11));
  }, 600_000);
} else {
  const server = http.createServer(async (request, response) => {
    const { status, headers, body } = await send({ method: request.method ?? 'GET', path: request.url ?? '/', headers: {} });
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createClient({ host, tenant: 'acme', apiKey: 'kupe_bench', random: createSeededRandom(11 * 7_919 + 1) });
  tookMs = await storm(client);
  client.close();
  server.closeAllConnections();
  server.close();
}
process.stdout.write(JSON.stringify({ mode, calls: CALLS, tookMs: Math.round(tookMs), refused: counts.refused }), () => process.exit(0));
