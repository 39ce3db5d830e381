import { expect, it } from 'vitest';
import { createTrustedProxies } from '../http/client-address/trusted-proxies.ts';
import { judgeForwarding } from './check-proxies.ts';

const page = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([word, count]) => `openkupe_http_forwarded_total{word="${word}"} ${count}`)
    .join('\n');
const proxies = (...blocks: string[]) => ({ trustedProxies: createTrustedProxies(blocks), forwardingHeader: 'forwarded' as const });

it.each([
  [{ trusted: 0, missing: 0, untrusted: 0 }, proxies(), 'ok', 'none seems to be there'],
  [{ trusted: 9, missing: 2, untrusted: 0 }, proxies('10.0.0.0/8'), 'ok', '9 requests came through'],
  [{ trusted: 0, missing: 0, untrusted: 3 }, proxies(), 'warn', '3 requests came with a forwarding header'],
  [{ trusted: 1, missing: 7, untrusted: 0 }, proxies('10.0.0.0/8'), 'warn', 'without the header forwarded'],
])('of requests %j it says what is wrong with the proxies', (counts, settings, state, message) => {
  expect(judgeForwarding(page(counts), settings)).toMatchObject({ state, message: expect.stringContaining(message) });
});
