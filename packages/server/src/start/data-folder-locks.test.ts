import { request } from 'node:http';
import { join } from 'node:path';
import { OPERATOR_PREFIX } from '@openkupe/contract';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startInProcess } from '../testing/in-process.ts';
import { listsLocks, locksOn } from '../testing/kernel-locks.ts';

function statusOver(socketPath: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path: `${OPERATOR_PREFIX}${path}` }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    });
    sent.once('error', reject);
    sent.end();
  });
}

describe.skipIf(!listsLocks)('the locks on the database (needs /proc/locks, which Linux has)', () => {
  it('are held after the start, and after all that goes on while it runs', async () => {
    const server = await startInProcess();
    onTestFinished(() => server.stop());
    const { dataFolder, clock, plane } = server;
    const held = () =>
      ['openkupe.db', 'openkupe.db-shm', 'openkupe.lock'].filter((name) => locksOn(join(dataFolder, name), process.pid) > 0);
    const ALL = ['openkupe.db', 'openkupe.db-shm', 'openkupe.lock'];

    expect(held()).toEqual(ALL);
    await plane.start();
    expect(held()).toEqual(ALL);
    const cluster = { name: 'locks', version: '1.33', resources: { cpu: '1', memory: '1Gi' } };
    expect((await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: cluster })).status).toBe(201);
    expect((await server.send({ method: 'GET', path: '/readyz' })).status).toBe(200);
    expect((await server.send({ method: 'GET', path: '/readyz?verbose' })).status).toBe(200);
    expect(await statusOver(join(dataFolder, 'operator.sock'), '/audit')).toBe(200);
    expect(await statusOver(join(dataFolder, 'operator.sock'), '/metrics')).toBe(200);
    await plane.localValues.put('demo', 'tenants/demo/x', { a: 'b' });
    for (let second = 0; second < 70; second += 1) await clock.advance(1_000);
    expect((await server.send({ method: 'DELETE', path: '/api/v1/tenants/demo/clusters/locks' })).status).toBe(204);
    for (let second = 0; second < 70; second += 1) await clock.advance(1_000);
    expect(held()).toEqual(ALL);
  });
});
