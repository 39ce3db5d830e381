import { afterEach, beforeEach, expect, it } from 'vitest';
import { createOverload } from '../overload/overload.ts';
import { errorOf, type InProcess, startInProcess } from '../testing/in-process.ts';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const LIST = { method: 'GET', path: '/api/v1/tenants/demo/clusters' };

it('refuses lists before reads when it is full, with a Retry-After, and answers health checks', async () => {
  const overload = createOverload({ clock: server.clock, mostRunning: 10 });
  const running = Array.from({ length: 8 }, () => overload.admit({ priority: 'read' }));
  const refused = await server.sendWith({ overload }, LIST);
  expect([refused.status, refused.headers['error-code'], refused.headers['retry-advice']]).toEqual([
    503,
    'overloaded',
    expect.stringContaining('executed=no'),
  ]);
  expect(refused.headers['retry-after']).toMatch(/^[1-9]\d*$/);
  expect((await server.sendWith({ overload }, { method: 'GET', path: '/api/v1/tenants/demo' })).status).toBe(200);
  expect((await server.sendWith({ overload }, { method: 'GET', path: '/healthz', key: null })).status).toBe(200);
  for (const admission of running) if (admission.isAdmitted) admission[Symbol.dispose]();
  expect((await server.sendWith({ overload }, LIST)).status).toBe(200);
  expect(overload.running).toBe(0);
});

it('lets a repeated attempt yield to a first one, and gives nobody more for what it says', async () => {
  const overload = createOverload({ clock: server.clock, mostRunning: 10 });
  // Only a read is admitted: nine of ten permits are taken.
  const running = Array.from({ length: 9 }, () => overload.admit({ priority: 'read' }));
  const read = async (attempt?: string, path = '/api/v1/tenants/demo') => {
    const headers = attempt === undefined ? {} : { 'x-request-attempt': attempt };
    return (await server.sendWith({ overload }, { method: 'GET', path, headers })).status;
  };
  expect(await read()).toBe(200);
  for (const says of ['1', '0', '-2', '2.5', '1e9', 'two', ' ', '9999999999', '2, 2'])
    expect([says, await read(says)]).toEqual([says, 200]);
  for (const says of ['2', '3', '17']) expect([says, await read(says)]).toEqual([says, 503]);
  for (const says of ['0', '1', '-1']) expect([says, await read(says, LIST.path)]).toEqual([says, 503]);
  for (const admission of running) if (admission.isAdmitted) admission[Symbol.dispose]();
  expect(await read('2')).toBe(200);
});

it('gives its permit back when a later stage refuses', async () => {
  expect((await server.send({ ...LIST, key: null })).status).toBe(401);
  expect(server.plane.ports.overload.running).toBe(0);
});

it('does nothing for a caller that has stopped waiting', async () => {
  const at = (offsetMs: number) => ({ 'x-request-deadline': new Date(server.clock.now() + offsetMs).toISOString() });
  const late = await server.send({ ...LIST, headers: at(-1) });
  expect([late.status, late.headers['error-code'], errorOf(late)]).toEqual([
    503,
    'deadline-passed',
    expect.stringContaining('X-Request-Deadline'),
  ]);
  expect((await server.send({ ...LIST, headers: at(1000) })).status).toBe(200);
  expect((await server.send({ ...LIST, headers: { 'x-request-deadline': 'soon' } })).status).toBe(200);
});
