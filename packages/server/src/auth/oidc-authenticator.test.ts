import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startBareIssuer } from '../testing/bare-issuer.ts';
import { errorOf, type InProcess, startInProcess } from '../testing/in-process.ts';
import { type OidcIssuerUnderTest, startOidcIssuer } from '../testing/oidc-issuer.ts';

const PATH = '/api/v1/tenants/demo';
const ADMIN = { email: 'Ada@Demo.example', email_verified: true, groups: ['demo-admins'] };
let issuer: OidcIssuerUnderTest;
let server: InProcess;
let caller = 0;

const get = (key: string, on = server) => {
  caller += 1;
  return on.send({ method: 'GET', path: PATH, key, address: `10.1.${caller >> 8}.${caller & 255}` });
};
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString());

async function startTrusting(url: string): Promise<InProcess> {
  const started = await startInProcess({ OPENKUPE_OIDC_ISSUER: url, OPENKUPE_OIDC_AUDIENCE: 'kupe-cli' });
  await started.clock.advance(Date.now() - started.clock.now());
  return started;
}

beforeEach(async () => {
  issuer = await startOidcIssuer();
  server = await startTrusting(issuer.issuer);
});
afterEach(async () => {
  await server.stop();
  await issuer.stop();
});

describe('access tokens of a certified provider', () => {
  it('give the role of their groups, in the tenants of their groups only', async () => {
    expect((await get(await issuer.token(ADMIN))).status).toBe(200);
    const reader = await issuer.token({ email: 'r@demo.example', groups: ['demo-readonly', 'other-admins'] });
    expect((await get(reader)).status).toBe(200);
    const write = { method: 'POST', path: `${PATH}/clusters`, body: { name: 'one' } };
    expect((await server.send({ ...write, key: reader })).status).toBe(403);
    expect((await server.send({ ...write, key: await issuer.token(ADMIN) })).status).toBe(201);
    expect((await get(await issuer.token({ email: 'x@y.example', groups: ['elsewhere-admins'] }))).status).toBe(403);
    const [row] = await server.plane.ports.store.audit('demo', 1);
    expect(row).toMatchObject({ action: 'clusters.create', actor: 'ada@demo.example' });
  });

  it('without groups: 401 that says so, and no step towards the backoff', async () => {
    const token = await issuer.token({ email: 'ada@demo.example' });
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const received = await server.send({ method: 'GET', path: PATH, key: token, address: '10.2.0.1' });
      expect([received.status, received.headers['error-code'], errorOf(received)]).toEqual([
        401,
        'missing_groups',
        'token missing groups claim; sign in again with the scope "groups"',
      ]);
    }
  });

  it('for another audience, or expired: 401, and no step towards the backoff, because the issuer signed them', async () => {
    const from = (key: string) => server.send({ method: 'GET', path: PATH, key, address: '10.2.0.2' });
    for (let attempt = 0; attempt < 20; attempt += 1) {
      expect((await from(await issuer.token({ ...ADMIN, attempt }, 'another-api'))).status).toBe(401);
    }
    const expired = await issuer.token(ADMIN);
    const now = server.clock.now();
    await server.clock.advance(decode(expired.split('.')[1]).exp * 1000 + 60_000 - now);
    for (let attempt = 0; attempt < 20; attempt += 1) expect((await from(expired)).status).toBe(401);
    expect(server.plane.ports.authBackoff.state('10.2.0.2')).toEqual({ failures: 0, blockedForMs: 0 });
    await server.stop();
    server = await startTrusting(issuer.issuer);
    expect((await from(await issuer.token(ADMIN))).status).toBe(200);
  });

  it('many at once right after a start: all of them are accepted, ten verified at a time', async () => {
    const fresh = await startTrusting(issuer.issuer);
    const tokens: string[] = [];
    for (let member = 0; member < 30; member += 1) tokens.push(await issuer.token({ ...ADMIN, member }));
    const answers = await Promise.all(tokens.map((key) => fresh.send({ method: 'GET', path: PATH, key, address: '10.2.0.3' })));
    expect(answers.map(({ status }) => status)).toEqual(Array(30).fill(200));
    await fresh.stop();
  });

  it('are accepted until 30 seconds after they end, not longer', async () => {
    const { exp } = decode((await issuer.token(ADMIN)).split('.')[1]);
    const [atTheEdge, after] = [await issuer.token(ADMIN), await issuer.token(ADMIN)];
    await server.clock.advance(exp * 1000 + 20_000 - server.clock.now());
    expect((await get(atTheEdge)).status).toBe(200);
    await server.clock.advance(20_000);
    expect((await get(after)).status).toBe(401);
  });

  it('survive a rotation of the keys without a restart', async () => {
    const fresh = await startTrusting(issuer.issuer);
    expect((await get(await issuer.token(ADMIN), fresh)).status).toBe(200);
    await issuer.rotateKeys();
    const token = await issuer.token(ADMIN);
    const from = () => fresh.send({ method: 'GET', path: PATH, key: token, address: '10.2.0.4' });
    // NOTE: the keys are fetched again at most every five seconds of the machine's wall clock; until then a new one is neither right nor wrong.
    const early = await from();
    expect([early.status, early.headers['error-code']]).toEqual([503, 'issuer-unavailable']);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5_100 });
    onTestFinished(() => void vi.useRealTimers());
    expect((await from()).status).toBe(200);
    await fresh.stop();
  });
});

describe('forged tokens', () => {
  it.each([
    ['the algorithm none', (header: string, payload: string) => `${encode({ ...decode(header), alg: 'none' })}.${payload}.`],
    [
      'a shared secret',
      (header: string, payload: string) => {
        const text = `${encode({ ...decode(header), alg: 'HS256' })}.${payload}`;
        return `${text}.${createHmac('sha256', 'public').update(text).digest('base64url')}`;
      },
    ],
    [
      'other claims under the same signature',
      (header: string, payload: string, signature: string) =>
        `${header}.${encode({ ...decode(payload), groups: ['demo-admins'] })}.${signature}`,
    ],
    [
      'another issuer',
      (header: string, payload: string, signature: string) =>
        `${header}.${encode({ ...decode(payload), iss: 'https://evil' })}.${signature}`,
    ],
    ['no signature', (header: string, payload: string) => `${header}.${payload}.`],
    ['two parts', (header: string, payload: string) => `${header}.${payload}`],
    ['16 kB of text', () => `a.${'b'.repeat(14_000)}.c`],
  ])('with %s: 401', async (_what, forge) => {
    const genuine = await issuer.token({ email: 'mallory@demo.example', groups: ['demo-readonly'] });
    const [header = '', payload = '', signature = ''] = genuine.split('.');
    const received = await get(forge(header, payload, signature));
    expect([received.status, errorOf(received)]).toEqual([401, expect.stringContaining('invalid token')]);
  });
});

describe('an issuer that is away', () => {
  it('is a 503 with the envelope; API keys go on working', async () => {
    const token = await issuer.token(ADMIN);
    const lonely = await startTrusting('http://127.0.0.1:9');
    const received = await get(token, lonely);
    expect([received.status, received.headers['error-code']]).toEqual([503, 'issuer-unavailable']);
    expect(received.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(errorOf(received)).toContain('retry with backoff');
    expect((await get(lonely.adminKey, lonely)).status).toBe(200);
    await lonely.stop();
  });

  it('that accepts the connection and says nothing costs a bounded wait once, not one for every caller', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const stuck = await startTrusting(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
    const token = await issuer.token(ADMIN);
    const startedAt = performance.now();
    const answers = await Promise.all(Array.from({ length: 5 }, () => get(token, stuck)));
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(503));
    expect((await get(token, stuck)).status).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    await stuck.stop();
    silent.close();
  });
});

describe('what an issuer signed and is no access token, or makes no sense', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>?]>([
    ['an ID token', { nonce: 'n', at_hash: 'h' }],
    ['a logout token', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }, { typ: 'logout+jwt' }],
    ['groups that are no texts', { groups: [{ toString: 'x' }] }],
    ['groups in a number', { groups: 7 }],
    ['an address in an object', { email: { toString: 'x' } }],
    ['a subject in a list', { sub: ['x'] }],
    ['an end in text', { exp: '4102444800' }],
    ['an end in the past', { exp: -1 }],
    ['an end that is nothing', { exp: null }],
    ['a beginning in text', { nbf: 'now' }],
    ['a beginning in the future', { nbf: 4102444800 }],
    ['an audience in an object', { aud: { 'kupe-cli': 1 } }],
    ['an issuer in a list', { iss: ['x'] }],
    ['a header that is critical', {}, { crit: ['x'], x: 1 }],
  ])('%s: 401 like any invalid token, and no step towards the backoff', async (_what, payload, header) => {
    const bare = await startBareIssuer();
    const trusting = await startTrusting(bare.issuer);
    try {
      const good = await bare.sign(ADMIN);
      expect((await get(good, trusting)).status).toBe(200);
      const [, body = ''] = good.split('.');
      const bad = await bare
        .sign({ ...ADMIN, iss: bare.issuer, ...payload }, header)
        .catch(() => `${encode({ alg: 'ES256', kid: 'one', ...header })}.${body}.AA`);
      for (let time = 0; time < 15; time += 1) {
        const received = await trusting.send({ method: 'GET', path: PATH, key: bad, address: '10.3.0.1' });
        expect([received.status, errorOf(received)]).toEqual([header?.crit && time > 5 ? 429 : 401, expect.any(String)]);
      }
    } finally {
      await trusting.stop();
      await bare.stop();
    }
  });

  it('whatever is in the claims and the header, the answer is a verdict: nothing throws, and the issuer is not blamed', async () => {
    const bare = await startBareIssuer();
    const trusting = await startTrusting(bare.issuer);
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom<unknown>({ toString: 'x' }, [{ toString: 'x' }], { valueOf: 1 }, [], {}),
    );
    const some = (...names: string[]) => fc.dictionary(fc.constantFrom(...names), odd, { maxKeys: 3 });
    const claims = some(
      'iss',
      'sub',
      'aud',
      'exp',
      'nbf',
      'iat',
      'groups',
      'email',
      'email_verified',
      'typ',
      'token_use',
      'events',
      'nonce',
      'scope',
      'azp',
      'uid',
    );
    try {
      await get(await bare.sign(ADMIN), trusting);
      await fc.assert(
        fc.asyncProperty(claims, some('typ', 'cty', 'x5t', 'jku'), async (payload, header) => {
          const body = Object.fromEntries(Object.entries({ iss: bare.issuer, ...ADMIN, ...payload }));
          const token = await bare.sign(body, header);
          const verdict = await trusting.plane.ports.authenticator.authenticate(token, '192.0.2.1');
          expect(['identified', 'invalid']).toContain(verdict.outcome);
        }),
        { numRuns: 500 },
      );
      for (const kid of [7, ['one'], { toString: 'x' }]) {
        const [, body] = (await bare.sign(ADMIN)).split('.');
        const token = `${encode({ alg: 'ES256', kid })}.${body}.AA`;
        expect(await trusting.plane.ports.authenticator.authenticate(token, '192.0.2.1')).toEqual({ outcome: 'invalid' });
      }
    } finally {
      await trusting.stop();
      await bare.stop();
    }
  });

  it('OPENKUPE_OIDC_ACCEPT_ID_TOKENS=on takes ID tokens, OPENKUPE_OIDC_ASSUME_EMAIL_VERIFIED=on addresses that are not called anything', async () => {
    const bare = await startBareIssuer();
    const settings = { OPENKUPE_OIDC_ISSUER: bare.issuer, OPENKUPE_OIDC_ACCEPT_ID_TOKENS: 'on', OPENKUPE_OIDC_ASSUME_EMAIL_VERIFIED: 'on' };
    const lenient = await startInProcess(settings);
    try {
      await lenient.clock.advance(Date.now() - lenient.clock.now());
      const token = await bare.sign({ email: 'owner@demo.example', groups: [], nonce: 'n', at_hash: 'h' });
      expect((await get(token, lenient)).status).toBe(200);
    } finally {
      await lenient.stop();
      await bare.stop();
    }
  });
});

it.each(['RS256', 'PS256', 'ES384', 'EdDSA'])(
  'a token that names a key for another algorithm, %s: 401, and 429 like any guess',
  async (alg) => {
    const bare = await startBareIssuer();
    const trusting = await startTrusting(bare.issuer);
    try {
      const [, body] = (await bare.sign(ADMIN)).split('.');
      const from = () =>
        trusting.send({ method: 'GET', path: PATH, key: `${encode({ alg, kid: 'one' })}.${body}.AA`, address: '10.3.0.2' });
      const statuses: number[] = [];
      for (let time = 0; time < 8; time += 1) statuses.push((await from()).status);
      expect(statuses).toEqual([...Array(6).fill(401), 429, 429]);
    } finally {
      await trusting.stop();
      await bare.stop();
    }
  },
);

it('a token that names no key is accepted while the issuer has two, as during a rotation; a forged one is 401', async () => {
  const { publicKey } = await generateKeyPair('ES256', { extractable: true });
  const other = { ...(await exportJWK(publicKey)), use: 'sig', alg: 'ES256', kid: 'other' };
  const bare = await startBareIssuer({
    keys: (value, _request, response) => void response.end(JSON.stringify({ keys: [other, ...(value as { keys: object[] }).keys] })),
  });
  const trusting = await startTrusting(bare.issuer);
  try {
    const token = await bare.sign(ADMIN, { kid: undefined });
    expect(decode(token.split('.')[0])).toEqual({ alg: 'ES256' });
    expect((await get(token, trusting)).status).toBe(200);
    expect((await get(await bare.sign({ ...ADMIN, exp: 1 }, { kid: undefined }), trusting)).status).toBe(401);
    const [header, , signature] = token.split('.');
    const forged = `${header}.${encode({ ...decode(token.split('.')[1]), sub: 'mallory' })}.${signature}`;
    expect((await get(forged, trusting)).status).toBe(401);
  } finally {
    await trusting.stop();
    await bare.stop();
  }
});
