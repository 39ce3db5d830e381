import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiKey } from '@openkupe/contract';
import { describe, expect } from 'vitest';
import { issueKey } from '../api-keys.ts';
import { type Client, freshAddress, type HttpAnswer } from '../client.ts';
import { newName } from '../clusters.ts';
import { expectRefusal } from '../expect-refusal.ts';
import { rawExchange } from '../raw-exchange.ts';
import { ownServer, testOfOwnServer } from '../server-under-test.ts';

const PER_SECOND = 10;
const BURST = 20;
const limited = ownServer({
  variables: { OPENKUPE_RATE_LIMIT_PER_SECOND: String(PER_SECOND), OPENKUPE_RATE_LIMIT_BURST: String(BURST) },
});
const behindProxy = ownServer({
  variables: {
    OPENKUPE_RATE_LIMIT_PER_SECOND: '1',
    OPENKUPE_RATE_LIMIT_BURST: '5',
    OPENKUPE_TRUSTED_PROXIES: '127.0.0.0/8',
  },
});

const times = <T>(count: number, make: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
const refused = (answers: readonly HttpAnswer[]) => answers.filter(({ status }) => status === 429);
const waitOf = (answer: HttpAnswer) => Number(answer.headers['retry-after']);
const isReserved = ({ headers }: HttpAnswer) => String(headers['retry-advice']).endsWith('; slot=reserved');
/** Answers with the same Retry-After. */
const mostInOneSecond = (answers: readonly HttpAnswer[]) =>
  Math.max(...[...Map.groupBy(answers, waitOf).values()].map(({ length }) => length));
/** The most that an address may have been served: the burst, and what came back while the storm lasted. */
const mostServed = (tookMs: number, perSecond = PER_SECOND, burst = BURST) => burst + Math.ceil((tookMs / 1000) * perSecond) + 1;

describe.concurrent('the limit per address', () => {
  testOfOwnServer('S12, S15, S16, S17, S18, S21: the list is served up to the burst, then refused with whole seconds to wait', async () => {
    const client = limited.client({ connections: 8 });
    const started = Date.now();
    const answers = await times(80, () => client.call('GET', './clusters'));
    const tookMs = Date.now() - started;
    const served = answers.filter(({ status }) => status === 200);
    expect(served.length).toBeGreaterThanOrEqual(BURST);
    expect(served.length).toBeLessThanOrEqual(mostServed(tookMs));
    expect(served.length + refused(answers).length).toBe(answers.length);
    for (const answer of refused(answers)) {
      expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
      expectRefusal(answer, 429, 'this address', `${waitOf(answer)} second`);
      expect(answer.headers['retry-advice']).toMatch(/^wait; executed=no(; slot=reserved)?$/);
    }
    // Equal requests cannot be told apart, so a slot that one of them gets is not called its own.
    expect(refused(answers).filter(isReserved)).toEqual([]);
  });

  testOfOwnServer('S12, S16: a slot that is called reserved is reserved for one request', async () => {
    const client = limited.client({ from: freshAddress(), connections: 8 });
    const started = Date.now();
    const answers = await times(80, (index) => client.call('GET', `./clusters/none-${index}`));
    const tookMs = Date.now() - started;
    const reserved = refused(answers).filter(isReserved);
    expect(reserved).not.toEqual([]);
    // NOTE: the same wait in a later answer ends later, so a storm that lasts leaves slots for as many more.
    expect(mostInOneSecond(reserved)).toBeLessThanOrEqual(Math.ceil(PER_SECOND * (1 + tookMs / 1000)));
  });

  testOfOwnServer('S15: it is the address that is limited, not the key, the tenant or the path', async () => {
    const from = freshAddress();
    const first = limited.client({ from, connections: 8 });
    const second = limited.client({ from, key: (await issueKey(limited.client(), 'readonly')).key, connections: 8 });
    const others: readonly (() => Promise<HttpAnswer>)[] = [
      () => first.call('GET', './clusters'),
      () => second.call('GET', './clusters'),
      () => second.call('GET', '/api/v1/plans', { key: null }),
      () => second.call('GET', '/api/v1/nothing'),
      () => second.call('GET', '/api/v1/tenants/another-tenant/clusters'),
    ];
    const [storm, ...each] = await Promise.all([
      times(60, () => first.call('GET', './clusters')),
      ...others.map((other) => times(12, other)),
    ]);
    expect(refused(storm as HttpAnswer[]).length).toBeGreaterThan(0);
    for (const [index, answers] of each.entries()) expect(refused(answers).length, `kind ${index}`).toBeGreaterThan(0);
    expect((await limited.client().call('GET', './clusters')).status, 'another address').toBe(200);
  });

  testOfOwnServer('S15: 127.0.0.1 is limited and 127.0.0.2 is not', async () => {
    const one = limited.client({ from: '127.0.0.1', connections: 8 });
    const two = limited.client({ from: '127.0.0.2' });
    const answers = await times(60, () => one.call('GET', './clusters'));
    expect(refused(answers).length).toBeGreaterThan(0);
    expect((await two.call('GET', './clusters')).status).toBe(200);
  });

  testOfOwnServer('S15: an address that a stranger claims in a header is not believed', async () => {
    const client = limited.client({ connections: 8 });
    const answers = await times(60, (index) =>
      client.call('GET', './clusters', { headers: { 'x-forwarded-for': `203.0.113.${index}`, forwarded: `for=203.0.113.${index}` } }),
    );
    expect(refused(answers).length).toBeGreaterThan(0);
  });

  testOfOwnServer('S15: an address that a trusted proxy reports is the one that counts', async () => {
    const proxy = behindProxy.client({ connections: 8 });
    const of = (address: string) => () => proxy.call('GET', './clusters', { headers: { 'x-forwarded-for': address } });
    expect(refused(await times(20, of('203.0.113.1'))).length).toBeGreaterThan(0);
    expect((await of('203.0.113.2')()).status).toBe(200);
    expect(refused(await times(20, (index) => of(`2001:db8:1:2::${index + 1}`)())).length, 'one /64').toBeGreaterThan(0);
    expect((await of('2001:db8:1:3::1')()).status, 'another /64').toBe(200);
  });

  testOfOwnServer('S12: a client that waits Retry-After is served then, and all who were refused at once are', async () => {
    const client = limited.client({ connections: 32 });
    const waitAndRepeat = (waiting: readonly HttpAnswer[]) =>
      Promise.all(
        waiting.map(async (answer) => {
          await sleep(waitOf(answer) * 1000);
          return client.call('GET', './clusters');
        }),
      );
    const answers = await times(45, () => client.call('GET', './clusters'));
    const waiting = refused(answers);
    expect(waiting.length).toBeGreaterThan(10);
    const refusedAgain = refused(await waitAndRepeat(waiting));
    // NOTE: a slot that came free during the storm may have gone to a later request instead of the one it was promised to.
    const lost = answers.length - waiting.length - BURST;
    expect(refusedAgain.length).toBeLessThanOrEqual(lost);
    expect(refused(await waitAndRepeat(refusedAgain))).toEqual([]);
  });

  testOfOwnServer('S19: the header line splits on colon and space into the name and a number', async () => {
    const from = freshAddress();
    await times(60, () => limited.client({ from }).call('GET', './clusters'));
    const request = `GET /api/v1/tenants/${limited.tenant}/clusters HTTP/1.1\r\nHost: judge\r\nAuthorization: Bearer ${limited.apiKey}\r\n\r\n`;
    const ask = () => rawExchange({ host: limited.host, from, send: [request] });
    let answer = await ask();
    // NOTE: now and then a place has just come free.
    while (answer.status === 200) answer = await ask();
    expectRefusal(answer, 429);
    const fields = answer.lines.map((line) => line.split(': ')).filter(([name]) => name?.toLowerCase() === 'retry-after');
    expect(fields).toEqual([[expect.any(String), expect.stringMatching(/^[1-9]\d*$/)]]);
    expect(answer.isClosed, 'a refused client may keep its connection').toBe(false);
    const remaining = /^"address";r=0;t=(\d+)$/.exec(String(answer.headers.ratelimit))?.[1];
    expect(Number(remaining)).toBeLessThanOrEqual(Number(answer.headers['retry-after']));
  });

  testOfOwnServer('S12: a create that is refused has done nothing', async () => {
    const client = limited.client({ connections: 8 });
    const displayName = newName('refused');
    const answers = await times(50, () => client.call('POST', './apikeys', { body: { displayName, role: 'readonly' } }));
    const created = answers.filter(({ status }) => status === 201).length;
    expect(created + refused(answers).length).toBe(50);
    const { body } = await limited.client().call<{ items: ApiKey[] }>('GET', './apikeys');
    expect(body.items.filter((item) => item.displayName === displayName)).toHaveLength(created);
  });

  testOfOwnServer('the health checks are not limited', async () => {
    const client = limited.client({ connections: 8 });
    expect(refused(await times(60, () => client.call('GET', './clusters'))).length).toBeGreaterThan(0);
    for (const path of ['/healthz', '/readyz']) expect((await client.call('GET', path, { key: null })).status).toBe(200);
  });
});

/** Sends wrong keys until the address has to wait, and returns that answer. */
async function failUntilRefused(client: Client, wrongKey: (attempt: number) => string): Promise<HttpAnswer> {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const answer = await client.call('GET', './clusters', { key: wrongKey(attempt) });
    if (answer.status === 429) return answer;
    expectRefusal(answer, 401);
  }
  throw new Error('40 wrong keys in a row were all answered with 401');
}

const newWrongKey = () => `kupe_${newName('x').slice(2)}_${'A'.repeat(43)}00000000`;

describe.concurrent('S20: repeated authentication failures', () => {
  testOfOwnServer(
    'S20: with one wrong key: each wait is longer than the one before, and a correct key elsewhere notices nothing',
    async () => {
      const client = limited.client();
      const bystander = limited.client();
      const wrong = newWrongKey();
      const waits: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        await sleep((waits.at(-1) ?? 0) * 1000);
        const answer = await failUntilRefused(client, () => wrong);
        expectRefusal(answer, 429, 'failed authentications', `${waitOf(answer)} second`);
        expect(isReserved(answer)).toBe(false);
        expect((await bystander.call('GET', './clusters')).status).toBe(200);
        waits.push(waitOf(answer));
      }
      const [first = 0, second = 0, third = 0] = waits;
      expect(second, String(waits)).toBeGreaterThanOrEqual(first);
      expect(third, String(waits)).toBeGreaterThan(first);
    },
  );

  testOfOwnServer(
    'S20: with ever new keys: guessing is slowed down too, and a right key is served from there and from everywhere',
    async () => {
      const guesser = limited.client({ from: '127.0.0.3' });
      expectRefusal(await failUntilRefused(guesser, newWrongKey), 429, 'failed authentications');
      expect((await guesser.call('GET', './clusters')).status).toBe(200);
      const neighbour = limited.client({ from: '127.0.0.4' });
      for (let request = 0; request < 5; request += 1) expect((await neighbour.call('GET', './clusters')).status).toBe(200);
    },
  );

  testOfOwnServer(
    'S20: a right key is served while a neighbour behind its address guesses, whether it was used from there before or not',
    async () => {
      const from = freshAddress();
      const regular = limited.client({ from });
      expect((await regular.call('GET', './clusters')).status).toBe(200);
      await failUntilRefused(limited.client({ from }), newWrongKey);
      expect((await regular.call('GET', './clusters')).status).toBe(200);
      const another = limited.client();
      await failUntilRefused(another, newWrongKey);
      expect((await another.call('GET', './clusters')).status).toBe(200);
    },
  );

  testOfOwnServer('S20: a request without any key guesses nothing, and is never slowed down for it', async () => {
    const client = limited.client();
    for (let request = 0; request < 15; request += 1) expectRefusal(await client.call('GET', './clusters', { key: null }), 401);
    expect((await client.call('GET', './clusters')).status).toBe(200);
  });
});
