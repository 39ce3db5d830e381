import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { LIMITS } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { openRaw, type RawConnection } from '../testing/raw-connection.ts';

const SECRETS = '/api/v1/tenants/demo/secrets';

let server: InProcess;
const clients: RawConnection[] = [];
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.http.listen({ host: '127.0.0.1', port: 0 });
  const { store, clock } = server.plane.ports;
  const sync = Array.from({ length: 100 }, (_, at) => ({ cluster: 'c'.repeat(63), namespace: `n${at}`, secretName: 's'.repeat(253) }));
  const writes = Array.from({ length: 180 }, (_, at) => ({
    verb: 'create' as const,
    key: { kind: 'secret' as const, tenant: 'demo', name: `secret-${at}` },
    uid: `uid-${at}`,
    spec: { secretPath: 'a', sync },
    observed: { observedGeneration: 0, places: [], targets: [], changedAt: 0 },
  }));
  expect((await store.commit({ at: clock.now(), writes })).outcome).toBe('written');
});
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  server.plane.http.server.closeAllConnections();
  await server.stop();
});

const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${server.adminKey}\r\n${headers}\r\n`;
async function open(address?: string): Promise<RawConnection> {
  const client = await openRaw(server.plane.http, address);
  clients.push(client);
  return client;
}
/** Asks for the list, `times` on one connection, and reads nothing. */
async function askAndNotRead(times = 1, address?: string): Promise<RawConnection> {
  const client = await open(address);
  client.socket.pause();
  client.write(get(SECRETS).repeat(times));
  return client;
}
const unread = () => server.plane.ports.unread.bytes;
const connections = () => promisify(server.plane.http.server.getConnections.bind(server.plane.http.server))();

it('what a client does not read is counted until it is gone, and it is cut off after its time', async () => {
  await askAndNotRead();
  while (unread() === 0) await pause(5);
  await pause(200);
  expect(unread()).toBeGreaterThan(0);
  await server.clock.advance(LIMITS.unreadMs - 1);
  expect(await connections()).toBe(1);
  await server.clock.advance(1);
  while ((await connections()) > 0) await pause(5);
  expect(unread()).toBe(0);
});

it('a thousand requests on one connection make one answer at a time', async () => {
  await askAndNotRead(1_000);
  while (unread() === 0) await pause(5);
  await pause(300);
  expect(unread()).toBeLessThan(LIMITS.listBytes);
});

it('an address that leaves too much unread gets 429 for the next, and others get their list', async () => {
  for (let at = 0; at < 12 && unread() < LIMITS.unreadBytesPerAddress; at += 1) {
    const before = unread();
    await askAndNotRead();
    while (unread() === before) await pause(5);
    await pause(100);
  }
  const refused = await open();
  refused.write(get(SECRETS, 'Connection: close\r\n'));
  const answer = await refused.rest();
  expect(answer).toMatch(/^HTTP\/1\.1 429 /);
  expect(answer).toMatch(/error-code: rate-limited-answers\r\n/);
  expect(answer).toMatch(/retry-after: 5\r\n/);
  const other = await open('127.0.0.2');
  other.write(get(SECRETS, 'Connection: close\r\n'));
  expect((await other.rest()).length).toBeGreaterThan(5_000_000);
});

it('a client that reads gets every byte, and HEAD the length alone', async () => {
  const client = await open();
  client.write(get(SECRETS, 'Connection: close\r\n'));
  const [head = '', body = ''] = (await client.rest()).split('\r\n\r\n');
  expect(JSON.parse(body).items.length).toBe(180);
  expect(head).toContain(`content-length: ${body.length}`);
  const asked = await open();
  asked.write(get(SECRETS, 'Connection: close\r\n').replace('GET', 'HEAD'));
  expect(await asked.rest()).toMatch(new RegExp(`content-length: ${body.length}[^]*\\r\\n\\r\\n$`));
  expect(unread()).toBe(0);
});

it('a client that leaves in the middle leaves nothing behind', async () => {
  const client = await askAndNotRead();
  while (unread() === 0) await pause(5);
  client.socket.resetAndDestroy();
  await once(client.socket, 'close');
  while (unread() > 0) await pause(5);
  expect((await server.send({ method: 'GET', path: SECRETS, address: '127.0.0.1' })).status).toBe(200);
});
