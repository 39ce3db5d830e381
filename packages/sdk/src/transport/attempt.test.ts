import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@openkupe/contract/clock';
import { PAGE_POLICY } from '@openkupe/contract/retry/policy';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openScope } from '../scope.ts';
import { tryClient } from '../testing/try-client.ts';
import { attempt } from './attempt.ts';
import { createFetchTransport } from './fetch.ts';
import { createNodeTransport } from './node-http.ts';
import type { Transport } from './transport.ts';

const TIMEOUT_MS = 150;

let server: http.Server;
let host: string;
let hasEnded: Promise<void>;

beforeEach(async () => {
  let end = () => {};
  hasEnded = new Promise((resolve) => {
    end = resolve;
  });
  server = http.createServer((_, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write(' '), 10);
    response.on('close', () => {
      clearInterval(drip);
      end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe.each<[string, () => Transport]>([
  ['node-http', createNodeTransport],
  ['fetch', createFetchTransport],
])('over %s', (_, create) => {
  test('an answer that never ends is given up in time, and its connection closed', async () => {
    const transport = create();
    const startedAt = performance.now();
    const scope = openScope(systemClock, 60_000);
    const policy = { ...PAGE_POLICY, attemptTimeoutMs: TIMEOUT_MS };
    const request = { method: 'GET', url: `${host}/`, headers: {}, isRepeatable: true } as const;
    const result = await attempt({ transport, clock: systemClock, policy }, request, scope);
    scope.end();
    expect(result).toMatchObject({ outcome: 'no-answer', isTimeout: true, failure: { message: 'There was no answer within 150 ms' } });
    expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS + 1_000);
    await hasEnded;
    transport.close?.();
  });
});

describe('a value that no header can carry', () => {
  const EVIL = '"10"\r\nAuthorization: Bearer stolen';

  test.each([
    ['if-match', { ifMatch: EVIL }],
    ['idempotency-key', { idempotencyKey: 'ключ' }],
  ])('as %s is refused once, before anything is sent', async (name, options) => {
    const { client, clock, lines, events } = tryClient([]);
    const work = client.clusters.patch('prod', { version: '1.32' }, options);
    const message = `The value for ${name} has a line break or another character that no header can carry`;
    await expect(clock.runUntil(work)).rejects.toThrow(Object.assign(new TypeError(message), { code: 'ERR_KUPE_ARGUMENT' }));
    expect(lines()).toEqual([]);
    expect(events.filter(({ type }) => type === 'attempt')).toEqual([]);
  });

  test('as the user agent is refused when the client is made', () => {
    expect(() => tryClient([], { userAgent: 'mine\n' })).toThrow('The value for user-agent has a line break');
  });
});
