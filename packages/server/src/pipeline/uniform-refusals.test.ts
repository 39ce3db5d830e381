import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mintApiKey } from '../auth/api-key.ts';
import { createApiKeyAuthenticator } from '../auth/api-key-authenticator.ts';
import { createAuthenticator } from '../auth/verify-credential.ts';
import { prepareHmacSha256 } from '../crypto/hmac-sha256.ts';
import { type InProcess, type Received, startInProcess } from '../testing/in-process.ts';

const PATH = '/api/v1/tenants/demo/clusters';
const KEYS = '/api/v1/tenants/demo/apikeys';

let server: InProcess;
/** What the server had to do for a request: every use of the store, and every hash of a key. */
const work = { store: [] as string[], hashes: 0 };
let counted: Pick<InProcess['plane']['ports'], 'store' | 'authenticator'>;

beforeEach(async () => {
  server = await startInProcess();
  const { ports } = server.plane;
  const hmac = prepareHmacSha256(ports.pepper);
  const store = new Proxy(ports.store, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        work.store.push(String(name));
        return value.apply(target, args);
      };
    },
  });
  const authenticator = createAuthenticator(
    createApiKeyAuthenticator({
      store,
      clock: server.clock,
      confirmedTime: server.clock,
      random: server.random,
      lastUsed: { note: () => {} },
      hmac(text) {
        work.hashes += 1;
        return hmac(text);
      },
    }),
  );
  counted = { store, authenticator };
});
afterEach(() => server.stop());

let callers = 0;
const freshAddress = () => {
  callers += 1;
  return `10.7.${callers >> 8}.${callers & 255}`;
};

async function refuse(key: string, address = freshAddress()): Promise<{ received: Received; done: string }> {
  work.store = [];
  work.hashes = 0;
  const received = await server.sendWith(counted, { method: 'GET', path: PATH, key, address });
  return { received, done: `${work.hashes} hashes, ${work.store.join(' ') || 'nothing'} of the store` };
}

/** Everything a caller can see, but for what names this one request. */
const seen = ({ status, headers, text }: Received) => ({ status, text, headers: { ...headers, 'x-request-id': '', date: '' } });

const issue = async (body: object = {}) =>
  (await server.send({ method: 'POST', path: KEYS, body: { displayName: 'x', role: 'readonly', ...body } })).json as {
    id: string;
    key: string;
  };

/** A key as this server would have made it, with another secret: only its hash is wrong. */
function withAnotherSecret(key: string, letter = 'A'): string {
  const body = `${key.slice(0, 14)}${letter.repeat(43)}`;
  return body + crc32(body).toString(16).padStart(8, '0');
}

/** Every way in which a credential can be wrong. Each call makes another one. */
const WELL_FORMED: Readonly<Record<string, () => Promise<string>>> = {
  'of a key that nobody has': async () => mintApiKey(server.random).text,
  'with the id of a key and another secret': async () => withAnotherSecret((await issue()).key),
  'of a key that has expired': () => server.makeKey('admin', { expiresAt: '2025-12-31T23:59:59Z' }),
  'of a key that was revoked': async () => {
    const { id, key } = await issue();
    expect((await server.send({ method: 'DELETE', path: `${KEYS}/${id}` })).status).toBe(204);
    return key;
  },
  'of a key that may be used from another address only': async () => (await issue({ addressRanges: ['192.0.2.0/24'] })).key,
  'of a key that was replaced': async () => {
    const { id, key } = await issue();
    await server.send({ method: 'POST', path: `${KEYS}/${id}/rotate`, body: { overlapSeconds: 0 } });
    return key;
  },
};
const GARBAGE: Readonly<Record<string, () => Promise<string>>> = {
  'with a typing error': async () => (await issue()).key.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
  'with a typing error in the secret': async () =>
    (await issue()).key.replace(/^(.{20})(.)/, (_all, start, letter) => start + (letter === '-' ? '_' : '-')),
  'that is cut off': async () => (await issue()).key.slice(0, -1),
  'that only begins like a key': async () => `kupe_${callers}`,
  'that is a token of somebody else': async () => `eyJhbGciOiJub25lIn0.e30.${callers}`,
};
const EVERY = Object.entries({ ...WELL_FORMED, ...GARBAGE });

describe('a 401', () => {
  it('is the same to the byte for every wrong credential', async () => {
    const expected = seen((await refuse('nothing')).received);
    expect([expected.status, expected.text]).toEqual([401, expect.stringContaining('invalid token')]);
    for (const [what, make] of EVERY) expect([what, seen((await refuse(await make())).received)]).toEqual([what, expected]);
  });

  it.each(Object.entries(WELL_FORMED))(
    'for a credential %s costs one hash, and reads a row that is there and one that is not',
    async (_what, make) => {
      expect((await refuse(await make())).done).toBe('1 hashes, find find of the store');
    },
  );

  it.each(Object.entries(GARBAGE))('for a credential %s costs neither', async (_what, make) => {
    expect((await refuse(await make())).done).toBe('0 hashes, nothing of the store');
  });

  it.each(EVERY)('for a credential %s is the same, at the same cost, when it is repeated', async (_what, make) => {
    const [key, address] = [await make(), freshAddress()];
    const first = await refuse(key, address);
    const again = await refuse(key, address);
    expect([again.done, seen(again.received)]).toEqual([first.done, seen(first.received)]);
  });
});

describe('the 429 after repeated failures', () => {
  it('is the same to the byte for every wrong credential, at the cost of its 401; a right one is answered as if nothing had failed', async () => {
    const address = freshAddress();
    for (let guess = 0; guess < 6; guess += 1) await refuse(mintApiKey(server.random).text, address);
    const expected = await refuse('nothing', address);
    expect(expected.received.status).toBe(429);
    for (const [what, make] of EVERY) {
      const key = await make();
      const elsewhere = await refuse(key);
      const { received, done } = await refuse(key, address);
      expect([what, seen(received), done]).toEqual([what, seen(expected.received), elsewhere.done]);
    }
    const right = (await issue()).key;
    const [here, there] = [await refuse(right, address), await refuse(right)];
    expect([here.received.status, here.received.text]).toEqual([200, there.received.text]);
    expect((await refuse('nothing', address)).received.status).toBe(429);
  });

  it('comes as soon, and for as long, for guesses at a key that exists as at one that does not', async () => {
    const [known, unknown] = [(await issue()).key, mintApiKey(server.random).text];
    const course = async (key: string) => {
      const address = freshAddress();
      const statuses: string[] = [];
      for (const letter of 'BCDEFGHI') {
        const { received, done } = await refuse(withAnotherSecret(key, letter), address);
        statuses.push(`${received.status} ${received.headers['retry-after']} ${done}`);
      }
      return statuses;
    };
    const expected = await course(unknown);
    expect(expected.map((line) => line.slice(0, 3))).toEqual(['401', '401', '401', '401', '401', '401', '429', '429']);
    expect(await course(known)).toEqual(expected);
  });
});

describe('the 429 of an address that is over its limit', () => {
  it('is the same for a key that is right elsewhere, and in use there, as for one that is wrong', async () => {
    await server.stop();
    server = await startInProcess({ OPENKUPE_RATE_LIMIT_PER_SECOND: '5', OPENKUPE_RATE_LIMIT_BURST: '5' });
    const { key } = await issue({ addressRanges: ['203.0.113.0/24'] });
    const course = async (credential: string, address: string) => {
      const ask = (name: string, sent: string) => server.send({ method: 'GET', path: `${PATH}/${name}`, key: sent, address });
      for (let at = 0; at < 20; at += 1) await ask(`g${at}`, `kupe_garbage${at}`);
      const refused: string[] = [];
      for (let at = 0; at < 6; at += 1) {
        const { status, headers } = await ask(`c${at}`, credential);
        refused.push(`${status} ${headers['retry-advice']}`);
      }
      return refused;
    };
    expect((await server.send({ method: 'GET', path: PATH, key, address: '203.0.113.7' })).status).toBe(200);
    const expected = await course(mintApiKey(server.random).text, freshAddress());
    expect(expected).toEqual(Array(6).fill('429 wait; executed=no'));
    expect(await course(key, freshAddress())).toEqual(expected);
  });
});
