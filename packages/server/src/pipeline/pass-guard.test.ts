import { afterEach, expect, it } from 'vitest';
import { type InProcess, type Received, startInProcess } from '../testing/in-process.ts';

let server: InProcess;
afterEach(() => server.stop());

const CLUSTERS = '/api/v1/tenants/demo/clusters';
const LIMIT = { OPENKUPE_RATE_LIMIT_PER_SECOND: '5', OPENKUPE_RATE_LIMIT_BURST: '5' };
const list = (key: string | null = server.adminKey) => server.send({ method: 'GET', path: CLUSTERS, key });
const adviceOf = ({ headers }: Received) => headers['retry-advice'];
const waitOf = ({ headers }: Received) => Number(headers['retry-after']);
const RESERVED = 'wait; executed=no; slot=reserved';
const PLAIN = 'wait; executed=no';

/** What was refused of many requests at once. */
async function storm(count: number): Promise<Received[]> {
  const answers: Received[] = [];
  for (let request = 0; request < count; request += 1) answers.push(await list());
  return answers.filter(({ status }) => status === 429);
}

it('says of every 429 of a storm whether its slot is its own: up to the horizon, at most a second’s worth for each second', async () => {
  server = await startInProcess(LIMIT);
  await list();
  const refused = await storm(400);
  expect(refused).toHaveLength(396);
  const reserved = refused.filter((answer) => adviceOf(answer) === RESERVED);
  expect(refused.slice(reserved.length).map(adviceOf)).toEqual(Array(396 - reserved.length).fill(PLAIN));
  expect(refused.slice(reserved.length).every((answer) => waitOf(answer) === 60)).toBe(true);
  const perSecond = [...Map.groupBy(reserved, waitOf)].map(([seconds, { length }]) => [seconds, length] as const);
  expect(perSecond.map(([seconds]) => seconds)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  for (const [, count] of perSecond) expect(count).toBeLessThanOrEqual(5);
});

it('is true: whoever returns at the end of its wait is served, all of them', async () => {
  server = await startInProcess(LIMIT);
  await list();
  const refused = await storm(60);
  expect(new Set(refused.map(adviceOf))).toEqual(new Set([RESERVED]));
  let waitedSeconds = 0;
  for (const answer of refused) {
    await server.clock.advance((waitOf(answer) - waitedSeconds) * 1_000);
    waitedSeconds = waitOf(answer);
    expect((await list()).status).toBe(200);
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
