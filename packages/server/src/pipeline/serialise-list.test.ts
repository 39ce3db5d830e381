import { LIMITS, ROUTES, type Route } from '@openkupe/contract';
import { expect, it } from 'vitest';
import { createTrustedProxies } from '../http/client-address/trusted-proxies.ts';
import { createUnreadAnswers } from '../overload/unread-answers.ts';
import type { Exchange } from './exchange.ts';
import { serialiseList } from './serialise.ts';

const ROUTE = ROUTES.find(({ id }) => id === 'secrets.list') as Route;
const EXCHANGE = {
  request: { headers: {}, socketAddress: '192.0.2.1' },
  requestId: 'req-1',
  headers: {},
  executed: 'no',
} as unknown as Exchange;
const PORTS = { unread: createUnreadAnswers({ limits: { bytes: 1, totalBytes: 1 }, trustedProxies: createTrustedProxies([]) }) };
const item = (bytes: number) => JSON.stringify({ text: 'ä'.repeat(bytes / 2) });

it('a short list is one text', async () => {
  expect((await serialiseList(EXCHANGE, ROUTE, { items: [] }, PORTS)).body).toBe('{"items":[]}');
  const reply = await serialiseList(EXCHANGE, ROUTE, { items: ['{"a":1}', '{"b":2}'] }, PORTS);
  expect([reply.status, reply.body, reply.bytes]).toEqual([200, '{"items":[{"a":1},{"b":2}]}', undefined]);
  expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
});

it.each([
  ['a long list', Array.from({ length: 100 }, () => item(20_000))],
  ['a list of few of many rows', Array.from({ length: 2_000 }, (_, index) => (index % 1_000 === 500 ? item(20) : ''))],
])('%s is the same bytes, made in many turns of the event loop', async (_what, items) => {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const reply = await serialiseList(EXCHANGE, ROUTE, { items }, PORTS);
  isOver = true;
  expect(reply.body).toBeUndefined();
  expect(Buffer.from(reply.bytes ?? []).toString()).toBe(`{"items":[${items.filter((text) => text !== '').join(',')}]}`);
  expect(turns).toBeGreaterThan(5);
});

it('the items behind the limit are not even rendered', async () => {
  let rendered = 0;
  function* endless() {
    for (;;) {
      rendered += 1;
      yield item(100_000);
    }
  }
  await expect(serialiseList(EXCHANGE, ROUTE, { items: endless() }, PORTS)).rejects.toMatchObject({ status: 400, code: 'list-too-long' });
  expect(rendered * 100_000).toBeLessThan(LIMITS.listBytes + 400_000);
});
