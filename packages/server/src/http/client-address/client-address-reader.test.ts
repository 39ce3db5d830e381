import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { expect, it } from 'vitest';
import { createClientAddressReader } from './client-address-reader.ts';
import { createTrustedProxies } from './trusted-proxies.ts';

it('warns once a minute of a forwarding header from a peer that is no trusted proxy', async () => {
  const clock = createManualClock();
  const warned: unknown[] = [];
  const forwarding = { trusted: 0, missing: 0, untrusted: 0 };
  const log = { warn: (fields: unknown) => void warned.push(fields) };
  const trustedProxies = createTrustedProxies(['10.0.0.1']);
  const read = createClientAddressReader({ clock, log, trustedProxies, forwardingHeader: 'x-forwarded-for', forwarding });
  const headers = { 'x-forwarded-for': '198.51.100.1' };
  expect(read('10.0.0.1', headers)).toBe('198.51.100.1');
  expect(read('10.0.0.2', {})).toBe('10.0.0.2');
  expect(warned).toEqual([]);
  for (let request = 0; request < 3; request += 1) expect(read('10.0.0.2', headers)).toBe('10.0.0.2');
  expect(warned).toEqual([{ address: '10.0.0.2', header: 'x-forwarded-for' }]);
  await clock.advance(60_000);
  read('10.0.0.3', { forwarded: 'for=198.51.100.1' });
  read('10.0.0.1', {});
  expect([warned.length, forwarding]).toEqual([2, { trusted: 1, missing: 1, untrusted: 4 }]);
});
