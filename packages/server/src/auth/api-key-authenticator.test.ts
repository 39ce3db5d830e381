import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { prepareHmacSha256 } from '../crypto/hmac-sha256.ts';
import type { Store } from '../store/store.ts';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { mintApiKey } from './api-key.ts';
import { createApiKeyAuthenticator } from './api-key-authenticator.ts';

const ADDRESS = '192.0.2.1';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

/** A key of the right form with this id and a secret of its own. */
function guessAt(id: string): string {
  const body = `kupe_${id}_${Buffer.from(server.random.bytes(32)).toString('base64url')}`;
  return body + crc32(body).toString(16).padStart(8, '0');
}

it('reads one row that is there and one that is not for every key it refuses, so that time does not tell whether an id exists', async () => {
  const { store, clock, pepper } = server.plane.ports;
  const found: boolean[] = [];
  const watched: Store = {
    ...store,
    async find(kind, name) {
      const resource = await store.find(kind, name);
      found.push(resource !== undefined);
      return resource;
    },
  };
  const authenticator = createApiKeyAuthenticator({
    store: watched,
    clock,
    confirmedTime: clock,
    random: server.random,
    hmac: prepareHmacSha256(pepper),
    lastUsed: { note() {} },
  });
  const readsOf = async (token: string) => {
    found.length = 0;
    const { outcome } = await authenticator.authenticate(token, ADDRESS);
    return [outcome, ...found];
  };
  expect(await readsOf(server.adminKey)).toEqual(['identified', true]);
  expect(await readsOf(guessAt(server.adminKey.split('_')[1] ?? ''))).toEqual(['invalid', true, false]);
  expect(await readsOf(mintApiKey(server.random).text)).toEqual(['invalid', false, true]);
  expect(await readsOf('kupe_garbage')).toEqual(['invalid']);
});

it('compares a key once as long as its row is unchanged, and refuses it from the commit on that takes it away', async () => {
  const { store, clock, pepper } = server.plane.ports;
  let finds = 0;
  const authenticator = createApiKeyAuthenticator({
    store: {
      ...store,
      find(kind, name) {
        finds += 1;
        return store.find(kind, name);
      },
    },
    clock,
    confirmedTime: clock,
    random: server.random,
    hmac: prepareHmacSha256(pepper),
    lastUsed: { note() {} },
  });
  const outcomeOf = async (token: string) => (await authenticator.authenticate(token, ADDRESS)).outcome;
  const token = await server.makeKey('readonly');
  expect([await outcomeOf(token), await outcomeOf(token), await outcomeOf(token)]).toEqual(['identified', 'identified', 'identified']);
  expect(finds).toBe(1);

  await server.makeKey('admin');
  expect(await outcomeOf(token)).toBe('identified');
  expect(finds).toBe(1);

  const row = await store.find('api-key', `ak-${token.slice(5, 13)}`);
  if (!row) throw new Error('The key has no row');
  const { kind, tenant, name, uid, resourceVersion } = row;
  const write = { verb: 'delete-if', key: { kind, tenant, name }, uid, expectedVersion: resourceVersion } as const;
  const revoked = store.commit({ at: clock.now(), writes: [write] });
  await revoked;
  expect(await outcomeOf(token)).toBe('invalid');
});
