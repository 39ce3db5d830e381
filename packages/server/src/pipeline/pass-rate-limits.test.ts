import { afterEach, expect, it } from 'vitest';
import { mintApiKey } from '../auth/api-key.ts';
import { type InProcess, type Received, startInProcess } from '../testing/in-process.ts';

let server: InProcess;
afterEach(() => server.stop());

const CLUSTERS = '/api/v1/tenants/demo/clusters';
const LIMIT = { OPENKUPE_RATE_LIMIT_PER_SECOND: '5', OPENKUPE_RATE_LIMIT_BURST: '5' };
const list = (key: string | null = server.adminKey) => server.send({ method: 'GET', path: CLUSTERS, key });
const read = (cluster: number) => server.send({ method: 'GET', path: `${CLUSTERS}/c${cluster}` });
const adviceOf = ({ headers }: Received) => headers['retry-advice'];
const waitOf = ({ headers }: Received) => Number(headers['retry-after']);
const RESERVED = 'wait; executed=no; slot=reserved';
const PLAIN = 'wait; executed=no';

/** A server whose burst is spent by a key that has been verified. */
async function spent(): Promise<void> {
  server = await startInProcess(LIMIT);
  for (let request = 0; request < 5; request += 1) expect((await list()).status).toBe(200);
}

it('says that a slot is reserved where it is kept for this request, and keeps it', async () => {
  await spent();
  const refused = await read(1);
  expect([refused.status, adviceOf(refused), waitOf(refused)]).toEqual([429, RESERVED, 1]);
  const others = [];
  for (let cluster = 2; cluster < 30; cluster += 1) others.push(await read(cluster));
  expect(others.map(({ status }) => status)).toEqual(others.map(() => 429));
  // At first half a second's quota is kept; the others are told moments of their own.
  expect(others.filter((answer) => adviceOf(answer) === RESERVED)).toHaveLength(2);
  await server.clock.advance(999);
  for (let cluster = 30; cluster < 60; cluster += 1) await read(cluster);
  await server.clock.advance(1);
  expect((await read(1)).status).toBe(404);
});

it('tells a request that returns too early the rest of its wait, and does not reserve it twice', async () => {
  await spent();
  for (let cluster = 1; cluster < 12; cluster += 1) await read(cluster);
  const key = await server.makeKey('admin');
  const send = () => server.send({ method: 'GET', path: `${CLUSTERS}/mine`, key });
  const first = await send();
  await server.clock.advance(300);
  const early = await send();
  expect([first.status, early.status, adviceOf(early)]).toEqual([429, 429, PLAIN]);
  expect(waitOf(early)).toBeLessThanOrEqual(waitOf(first));
});

it('says it of no requests that are equal and wait together', async () => {
  await spent();
  const refused = [];
  for (let request = 0; request < 10; request += 1) refused.push(await read(1));
  expect(refused.map(adviceOf)).toEqual([RESERVED, ...Array(9).fill(PLAIN)]);
});

it('is true of all requests that wait as told: they are served', async () => {
  await spent();
  const refused = [];
  for (let cluster = 0; cluster < 60; cluster += 1) refused.push(await read(cluster));
  let waitedSeconds = 0;
  for (const [cluster, answer] of refused.entries()) {
    await server.clock.advance((waitOf(answer) - waitedSeconds) * 1_000);
    waitedSeconds = waitOf(answer);
    expect((await read(cluster)).status).toBe(404);
  }
});

it('is said by no other limit: not for failed authentications, nor by those of a key, a tenant, and what runs at once', async () => {
  server = await startInProcess();
  let refused = await list('kupe_wrong');
  for (let failure = 0; failure < 20 && refused.status !== 429; failure += 1) refused = await list('kupe_wrong');
  expect([refused.headers['error-code'], adviceOf(refused)]).toEqual(['rate-limited-authentication', PLAIN]);
  for (const limits of [
    { OPENKUPE_KEY_RATE_LIMIT_PER_SECOND: '1', OPENKUPE_KEY_RATE_LIMIT_BURST: '2' },
    { OPENKUPE_TENANT_RATE_LIMIT_PER_SECOND: '1', OPENKUPE_TENANT_RATE_LIMIT_BURST: '2' },
    { OPENKUPE_TENANT_CONCURRENCY: '1' },
  ]) {
    await server.stop();
    server = await startInProcess(limits);
    const answers = await Promise.all([list(), list(), list()]);
    expect(new Set(answers.filter(({ status }) => status === 429).map(adviceOf))).toEqual(new Set([PLAIN]));
  }
});

it('keeps no right key out that is new at an address where another guesses: it waits for seconds, and verifying is bounded', async () => {
  await spent();
  const guess = () => list(mintApiKey(server.random).text);
  for (let request = 0; request < 30; request += 1) expect((await guess()).status).toBe(429);
  const fresh = await server.makeKey('readonly');
  const refused = await server.send({ method: 'GET', path: `${CLUSTERS}/mine`, key: fresh });
  expect([refused.status, adviceOf(refused)]).toEqual([429, RESERVED]);
  expect(waitOf(refused)).toBeLessThanOrEqual(2);
  await server.clock.advance(waitOf(refused) * 1000);
  expect((await server.send({ method: 'GET', path: `${CLUSTERS}/mine`, key: fresh })).status).toBe(404);
  // Ten times as many as the address may send requests, in a second; then a new key waits with those that guess.
  for (let request = 0; request < 60; request += 1) await guess();
  const late = await server.makeKey('readonly');
  expect(waitOf(await server.send({ method: 'GET', path: `${CLUSTERS}/mine`, key: late }))).toBeGreaterThan(10);
});

it('refuses what needs no credential without looking at the one that was sent', async () => {
  await spent();
  const read = () => server.send({ method: 'GET', path: '/openapi.json', key: mintApiKey(server.random).text });
  const refused = [await read(), await read()];
  expect(refused.map(({ status }) => status)).toEqual([429, 429]);
  expect(refused.map(waitOf).every((seconds) => seconds >= 1)).toBe(true);
});
