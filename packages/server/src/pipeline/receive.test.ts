import { afterEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';

let server: InProcess;
afterEach(() => server.stop());

const PROXY = '10.0.0.1';
const BURST = 3;
const LIMITS = { OPENKUPE_RATE_LIMIT_PER_SECOND: '1', OPENKUPE_RATE_LIMIT_BURST: String(BURST) };
const NAMES = {
  forwarded: (address: string) => `for=${address};proto=https`,
  'x-forwarded-for': (address: string) => address,
} as const;

const ask = async (headers: Readonly<Record<string, string>>, address = PROXY) =>
  (await server.send({ method: 'GET', path: '/api/v1/plans', key: null, address, headers })).status;
const exhaust = async (headers: Readonly<Record<string, string>>) => {
  for (let request = 0; request < BURST; request += 1) expect(await ask(headers)).toBe(200);
  expect(await ask(headers)).toBe(429);
};

it.each([
  ['forwarded', 'x-forwarded-for'],
  ['x-forwarded-for', 'forwarded'],
] as const)('counts clients behind a proxy by %s, and %s is only the words of a client', async (name, other) => {
  server = await startInProcess({ ...LIMITS, OPENKUPE_TRUSTED_PROXIES: PROXY, OPENKUPE_FORWARDING_HEADER: name });
  await exhaust({ [name]: NAMES[name]('198.51.100.1') });
  expect(await ask({ [name]: NAMES[name]('198.51.100.1'), [other]: NAMES[other]('203.0.113.1') })).toBe(429);
  expect(await ask({ [name]: NAMES[name]('198.51.100.2') })).toBe(200);
  expect(await ask({ [other]: NAMES[other]('203.0.113.1') })).toBe(200);
});

it('believes neither from anybody else', async () => {
  server = await startInProcess({ ...LIMITS, OPENKUPE_TRUSTED_PROXIES: '10.0.0.2' });
  await exhaust({ 'x-forwarded-for': '198.51.100.1' });
  expect(await ask({ 'x-forwarded-for': '198.51.100.2' })).toBe(429);
});
