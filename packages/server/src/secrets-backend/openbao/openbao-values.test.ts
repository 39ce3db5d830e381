import { systemClock } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KvServer, startKvServer } from '../testing/kv-server.ts';
import { createOpenBaoValues } from './openbao-values.ts';

let kv: KvServer;
beforeEach(async () => {
  kv = await startKvServer();
});
afterEach(() => kv.stop());

const values = (options: { mount?: string; token?: string; timeoutMs?: number } = {}) =>
  createOpenBaoValues({ address: kv.address, token: kv.token, mount: 'kv', timeoutMs: 5_000, clock: systemClock, ...options });

describe('values from a KV engine, version 2, over HTTP', () => {
  it('reads the newest version', async () => {
    kv.write('kv', 'tenants/acme/services/db', { password: 'old' });
    kv.write('kv', 'tenants/acme/services/db', { password: 'new' });
    expect(await values().read('acme', 'services/db')).toEqual({ outcome: 'found', version: '2', values: { password: 'new' } });
    expect(kv.seen).toEqual([{ path: '/v1/kv/data/tenants/acme/services/db', token: kv.token }]);
  });

  it('keeps tenants apart by prefix in one mount, or by a mount for each', async () => {
    kv.write('kv', 'tenants/acme/db', { of: 'acme' });
    kv.write('vaults/acme', 'db', { of: 'acme, by mount' });
    expect(await values().read('acme', 'db')).toMatchObject({ values: { of: 'acme' } });
    expect(await values().read('other', 'db')).toEqual({ outcome: 'missing' });
    expect(await values({ mount: 'vaults/{tenant}' }).read('acme', 'db')).toMatchObject({ values: { of: 'acme, by mount' } });
    expect(await values({ mount: 'vaults/{tenant}' }).read('other', 'db')).toEqual({ outcome: 'missing' });
  });

  it('encodes every segment, so that no path reaches beyond the tenant', async () => {
    await values().read('acme', 'a?version=1/b#c/%2e%2e');
    expect(kv.seen[0]?.path).toBe('/v1/kv/data/tenants/acme/a%3Fversion%3D1/b%23c/%252e%252e');
  });

  it('takes a deleted version for missing', async () => {
    kv.write('kv', 'tenants/acme/db', { password: 'x' });
    kv.softDelete('kv', 'tenants/acme/db');
    expect(await values().read('acme', 'db')).toEqual({ outcome: 'missing' });
  });

  it('writes what is not text as JSON', async () => {
    kv.write('kv', 'tenants/acme/db', { port: 5432, tls: true, hosts: ['a', 'b'], none: null });
    expect(await values().read('acme', 'db')).toMatchObject({ values: { port: '5432', tls: 'true', hosts: '["a","b"]', none: 'null' } });
  });

  it('refuses a number that would arrive as another one, without telling it', async () => {
    // JSON.rawJSON writes the digits as they are, which is what a server does that keeps numbers as text.
    const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
    kv.write('kv', 'tenants/acme/db', { pin: rawJSON('12345678901234567890') });
    const reading = await values().read('acme', 'db');
    expect(reading).toEqual({ outcome: 'refused', message: expect.stringContaining('cannot be kept exactly') });
    expect(JSON.stringify(reading)).not.toContain('12345');
  });

  it.each([
    ['a key that Kubernetes cannot have', { 'a b': 'x' }, 'The key "a b" is not possible'],
    ['a value of more than 1 MB', { big: 'x'.repeat(1024 * 1024 + 1) }, 'The value of "big" has 1048577 bytes'],
    ['values of more than 1 MB together', { one: 'x'.repeat(700_000), two: 'x'.repeat(700_000) }, '1400000 bytes together'],
    ['no keys but a list', ['x'], 'without keys'],
  ])('refuses %s, without telling the value', async (_what, data, message) => {
    kv.write('kv', 'tenants/acme/db', data);
    const reading = await values().read('acme', 'db');
    expect(reading).toEqual({ outcome: 'refused', message: expect.stringContaining(message) });
    expect(JSON.stringify(reading)).not.toContain('xxx');
  });

  it('refuses with a wrong token, and does not repeat the token', async () => {
    const reading = await values({ token: 's.wrong' }).read('acme', 'db');
    expect(reading).toEqual({ outcome: 'refused', message: expect.stringContaining('The secrets backend denies access') });
    expect(JSON.stringify(reading)).not.toContain('s.wrong');
  });

  it.each([
    ['sealed', 'unavailable', 'sealed'],
    ['standby', 'unavailable', 'standby'],
    ['failing', 'unavailable', 'status 500'],
    ['endless', 'unavailable', 'more than 8388608 bytes'],
    ['not-json', 'refused', 'check the mount'],
    ['version-1', 'refused', 'not a secret of a KV engine of version 2'],
    ['redirecting', 'refused', '307'],
  ] as const)('a secrets backend that is %s is %s', async (mode, outcome, message) => {
    kv.mode = mode;
    expect(await values().read('acme', 'db')).toEqual({ outcome, message: expect.stringContaining(message) });
    expect(kv.seen.map(({ path }) => path)).not.toContain('/elsewhere');
  });

  it('a secrets backend that says nothing, or is not there, is unavailable', async () => {
    kv.mode = 'silent';
    const silent = await values({ timeoutMs: 50 }).read('acme', 'db');
    expect(silent).toEqual({ outcome: 'unavailable', message: 'The secrets backend could not be asked: it did not answer within 50 ms' });
    const { address } = kv;
    await kv.stop();
    const gone = createOpenBaoValues({ address, token: 't', mount: 'kv', timeoutMs: 5_000, clock: systemClock });
    expect(await gone.read('acme', 'db')).toEqual({
      outcome: 'unavailable',
      message: 'The secrets backend could not be asked: ECONNREFUSED',
    });
    kv = await startKvServer();
  });
});
