/** The whole server with and without its guard: reads of one cluster list over loopback, 32 connections. Prints JSON. */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { compose } from '../../packages/server/src/compose.ts';
import { readConfig } from '../../packages/server/src/config/config.ts';
import { ensureFirstTenant } from '../../packages/server/src/first-tenant.ts';
import type { Guard } from '../../packages/server/src/guard/guard.ts';

const CONNECTIONS = 32;
const MEASURED_MS = 3000;
const ROUNDS = 4;
const NO_GUARD: Guard = {
  admit: () => ({ isAdmitted: true, headers: {} }),
  admitLook: () => ({ isAdmitted: true, headers: {}, finish: () => {} }),
  beginAuthentication: () => ({ outcome: 'verify', finish: () => {} }),
  reportAuthentication: () => {},
};

const folder = mkdtempSync(join(tmpdir(), 'openkupe-bench-'));
const settings = {
  OPENKUPE_DATA: folder,
  OPENKUPE_PORT: '0',
  OPENKUPE_LOG_LEVEL: 'silent',
  OPENKUPE_RATE_LIMIT_PER_SECOND: '1000000',
  OPENKUPE_RATE_LIMIT_BURST: '1000000',
};
const plane = await compose(readConfig([], settings, folder), { clock: systemClock, random: systemRandom });
await plane.start();
const key = await ensureFirstTenant(plane.ports);
await plane.http.listen({ host: '127.0.0.1', port: 0 });
const { port } = plane.http.server.address() as AddressInfo;
const ports = plane.ports as { guard: Guard };
const own = ports.guard;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

const get = () =>
  new Promise<number>((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}` };
    request({ port, host: '127.0.0.1', path: '/api/v1/tenants/demo/clusters', agent, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });

async function measure() {
  let done = 0;
  let wrong = 0;
  const end = performance.now() + MEASURED_MS;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() < end) {
        if ((await get()) !== 200) wrong += 1;
        done += 1;
      }
    }),
  );
  return { perSecond: done / (MEASURED_MS / 1000), wrong };
}

const rounds: Record<'withGuard' | 'withoutGuard', number[]> = { withGuard: [], withoutGuard: [] };
let wrong = 0;
await measure();
for (let round = 0; round < ROUNDS; round += 1) {
  for (const kind of ['withGuard', 'withoutGuard'] as const) {
    ports.guard = kind === 'withGuard' ? own : NO_GUARD;
    const result = await measure();
    rounds[kind].push(result.perSecond);
    wrong += result.wrong;
  }
}
ports.guard = own;
agent.destroy();
await plane.stop(1000);
rmSync(folder, { recursive: true, force: true });
const best = (values: number[]) => Math.max(...values);
const answer = { withGuard: best(rounds.withGuard), withoutGuard: best(rounds.withoutGuard), rounds, wrong };
console.log(JSON.stringify({ ...answer, ratio: answer.withGuard / answer.withoutGuard }));
process.exit(0);
