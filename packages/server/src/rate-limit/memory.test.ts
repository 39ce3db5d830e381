import { afterEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';

let server: InProcess;
afterEach(() => server.stop());

const LIMITS = { OPENKUPE_RATE_LIMIT_PER_SECOND: '1', OPENKUPE_RATE_LIMIT_BURST: '3' };

const ask = (address: string) => server.plane.ports.addressLimit.admit({ address, method: 'GET', target: '/' });

/** Asks from so many addresses, each with more than one request outstanding, so that none may be forgotten for another. */
async function statusOfNewAddress(addresses: number): Promise<number> {
  for (let host = 0; host < addresses; host += 1) {
    const address = `10.${host >> 16}.${(host >> 8) & 255}.${host & 255}`;
    for (let request = 0; request < 3; request += 1) ask(address);
  }
  return (await server.send({ method: 'GET', path: '/api/v1/plans', key: null, address: '192.0.2.1' })).status;
}

it('is that of a million addresses, which leaves room for new ones', async () => {
  server = await startInProcess(LIMITS);
  expect(server.plane.limitBytes / 2 ** 20).toBeLessThan(36);
  expect(await statusOfNewAddress(5_000)).toBe(200);
});

it('is less for fewer, and then new ones are counted together, so that a flood of addresses lets no request through', async () => {
  server = await startInProcess({ ...LIMITS, OPENKUPE_RATE_LIMIT_ADDRESSES: '1024' });
  expect(server.plane.limitBytes).toBeLessThan(64 * 1024);
  expect(await statusOfNewAddress(5_000)).toBe(429);
  // Who was there first is still counted: not forgiven, and served when its time has come.
  expect((await ask('10.0.0.0')).isAdmitted).toBe(false);
  await server.clock.advance(1_000);
  expect((await ask('10.0.0.0')).isAdmitted).toBe(true);
});
