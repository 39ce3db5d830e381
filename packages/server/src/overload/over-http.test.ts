import { type AddressInfo, connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHttpServer, type HttpServer } from '../http/http-server.ts';
import { createPipeline } from '../pipeline/pipeline.ts';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { createOverload } from './overload.ts';

const PERMITS = 10;

let server: InProcess;
let http: HttpServer;
beforeEach(async () => {
  server = await startInProcess();
  const overload = createOverload({ clock: server.clock, mostRunning: PERMITS });
  const ports = { ...server.plane.ports, overload };
  http = createHttpServer(createPipeline(ports), ports, {
    expectsProxyHeader: false,
    connections: { perAddress: 1000, together: 1000, stalledMs: 0, idleMs: 65_000 },
    allowedOrigins: new Set(),
  });
  await http.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  http.server.closeAllConnections();
  await http.close();
  await server.stop();
});

/** What came back for each path, all sent in the same moment, every one on a connection of its own. */
async function rush(paths: readonly string[]): Promise<string[]> {
  const { port } = http.server.address() as AddressInfo;
  const sockets = paths.map(() => connect({ port, host: '127.0.0.1' }));
  const accepted = promisify(http.server.getConnections.bind(http.server));
  while ((await accepted()) < paths.length) await turn();
  for (const [at, socket] of sockets.entries())
    socket.write(`GET ${paths[at]} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${server.adminKey}\r\nConnection: close\r\n\r\n`);
  // As in a process that is busy: nothing is looked at until everything has arrived.
  const untilMs = performance.now() + 100;
  while (performance.now() < untilMs);
  return Promise.all(sockets.map(async (socket) => (await socket.toArray()).join('')));
}
const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
const READ = '/api/v1/tenants/demo';

it('counts every request that a round begins, although one runs at a time, so that a rush is refused early', async () => {
  const answers = await rush(Array.from({ length: 100 }, () => READ));
  const refused = answers.filter((answer) => statusOf(answer) === 503);
  expect(refused.length).toBeGreaterThan(20);
  expect(answers.filter((answer) => statusOf(answer) === 200).length).toBe(100 - refused.length);
  for (const answer of refused) {
    expect(answer).toMatch(/error-code: overloaded\r\n/);
    expect(answer).toMatch(/retry-after: [1-9]\d*\r\n/);
  }
});

it('answers health checks in it', async () => {
  const answers = await rush([...Array.from({ length: 100 }, () => READ), '/healthz', '/readyz', '/healthz']);
  expect(answers.slice(-3).map(statusOf)).toEqual([200, 200, 200]);
});

it('refuses no request that comes after another was answered', async () => {
  for (let at = 0; at < PERMITS; at += 1) expect((await rush([READ])).map(statusOf)).toEqual([200]);
});
