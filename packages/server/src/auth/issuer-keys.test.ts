import type { ServerResponse } from 'node:http';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { type BareIssuer, type BareIssuerAnswers, startBareIssuer } from '../testing/bare-issuer.ts';
import { createIssuerKeys } from './issuer-keys.ts';

let bare: BareIssuer | undefined;
afterEach(() => bare?.stop());

async function setUp(answers: BareIssuerAnswers = {}, configured = (issuer: string) => issuer) {
  bare = await startBareIssuer(answers);
  const clock = createManualClock();
  const lines: { level: string; fields: Readonly<Record<string, unknown>>; message: string }[] = [];
  const note = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) =>
    void lines.push({ level, fields, message });
  const keys = createIssuerKeys(configured(bare.issuer), { clock, log: { warn: note('warn'), info: note('info') } });
  return { issuer: bare, clock, lines, keys };
}

const json = (response: ServerResponse, value: unknown) => void response.writeHead(200).end(JSON.stringify(value));

it('a slash too many: both values are in the log and in the state, once', async () => {
  const { keys, lines, issuer, clock } = await setUp({}, (url) => `${url}/`);
  for (let time = 0; time < 3; time += 1) {
    await keys.probe();
    await clock.advance(5_000);
  }
  const reason = `${issuer.issuer}/.well-known/openid-configuration names the issuer "${issuer.issuer}"; set OPENKUPE_OIDC_ISSUER to exactly that, or correct the issuer`;
  expect(lines).toEqual([
    { level: 'warn', fields: { issuer: `${issuer.issuer}/`, reason }, message: 'tokens of the OIDC issuer are refused' },
  ]);
  expect(keys.state).toEqual({ state: 'failed', message: `The OIDC issuer ${issuer.issuer}/ cannot be used: ${reason}` });
});

it('a port where nothing listens is named, and asked again after five seconds at the earliest', async () => {
  const { keys, lines, clock, issuer } = await setUp({}, () => 'http://127.0.0.1:9');
  expect(keys.state).toEqual({ state: 'untried' });
  await keys.probe();
  expect(keys.isPaused).toBe(true);
  expect(keys.state).toMatchObject({
    message: expect.stringMatching(/^The OIDC issuer http:\/\/127.0.0.1:9 cannot be used: .* cannot be read: \S/),
  });
  await clock.advance(5_000);
  expect([keys.isPaused, lines.length, issuer.asked]).toEqual([false, 1, 0]);
});

it('an issuer that comes back is noticed, and so said', async () => {
  let isBroken = true;
  const discovery: BareIssuerAnswers['discovery'] = (document, _request, response) =>
    isBroken ? void response.writeHead(500).end() : json(response, document);
  const { keys, lines, clock, issuer } = await setUp({ discovery });
  await keys.probe();
  await keys.probe();
  expect([keys.state.state, issuer.asked]).toEqual(['failed', 1]);
  isBroken = false;
  await clock.advance(5_000);
  await keys.probe();
  await keys.probe();
  expect([keys.state, issuer.asked]).toEqual([{ state: 'ok' }, 3]);
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ['warn', 'tokens of the OIDC issuer are refused'],
    ['info', 'tokens of the OIDC issuer are accepted again'],
  ]);
});

it.each<[string, BareIssuerAnswers, string]>([
  [
    'a document without keys',
    { discovery: (document, _request, response) => json(response, { ...document, jwks_uri: 7 }) },
    'no usable jwks_uri',
  ],
  [
    'keys that are in a file',
    { discovery: (document, _request, response) => json(response, { ...document, jwks_uri: 'file:///etc/keys' }) },
    'names keys at file:///etc/keys, which is not https',
  ],
  ['a document that is null', { discovery: (_document, _request, response) => json(response, null) }, 'names the issuer none'],
  ['a document that is no JSON', { discovery: (_document, _request, response) => void response.end('<html>') }, 'not JSON'],
  [
    'a redirect without end',
    { discovery: (_document, { url }, response) => void response.writeHead(302, { location: `${url}` }).end() },
    'answered 302',
  ],
  ['a document without end', { discovery: (_document, _request, response) => pour(response) }, 'more than 262144 bytes'],
  [
    'headers without end',
    { discovery: (_document, _request, response) => void response.writeHead(200, { x: 'x'.repeat(40_000) }).end() },
    'HEADERS_OVERFLOW',
  ],
  ['keys without end', { keys: (_keys, _request, response) => pour(response) }, '/keys cannot be read: it answered more than 262144 bytes'],
  ['keys that are none', { keys: (_keys, _request, response) => json(response, { keys: 7 }) }, '/keys answered no keys'],
  ['no keys', { keys: (_keys, _request, response) => json(response, { keys: [] }) }, '/keys answered no keys'],
  [
    'keys that are texts',
    { keys: (_keys, _request, response) => json(response, { keys: ['x'] }) },
    '/keys answered keys that are malformed',
  ],
  ['keys that are gone', { keys: (_keys, _request, response) => void response.writeHead(404).end() }, '/keys answered 404'],
  [
    'keys behind a redirect',
    { keys: (_keys, _request, response) => void response.writeHead(307, { location: '/keys' }).end() },
    '/keys answered 307',
  ],
])('%s: a reason, no growth, and no wait for the next request', async (_what, answers, reason) => {
  const { keys } = await setUp(answers);
  await keys.probe();
  expect(keys.state).toMatchObject({ state: 'failed', message: expect.stringContaining(reason) });
  expect(keys.isPaused).toBe(true);
});

it.each<[string, BareIssuerAnswers]>([
  ['a document', { discovery: (_document, _request, response) => drip(response) }],
  ['keys', { keys: (_keys, _request, response) => drip(response) }],
])('%s that comes byte by byte costs three seconds, whole', async (_what, answers) => {
  const { keys } = await setUp(answers);
  const startedAt = performance.now();
  await keys.probe();
  expect(keys.state.state).toBe('failed');
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

function pour(response: ServerResponse): void {
  response.on('error', () => {});
  const more = () => {
    while (response.write('x'.repeat(65_536)));
  };
  response.on('drain', more);
  more();
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write(' '), 50);
  response.on('close', () => clearInterval(timer));
}

it.each<[string, (keys: object, response: ServerResponse) => void]>([
  ['fails', (_keys, response) => void response.writeHead(500).end()],
  ['answers no keys', (_keys, response) => json(response, { keys: [] })],
])('an issuer that %s later: its known keys stay, unknown ones ask it once in five seconds, and the state says so', async (_what, fail) => {
  let isBroken = false;
  const { keys, lines, clock, issuer } = await setUp({
    keys: (good, _request, response) => (isBroken ? fail(good, response) : json(response, good)),
  });
  await keys.probe();
  isBroken = true;
  await clock.advance(6_000);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6_000 });
  onTestFinished(() => void vi.useRealTimers());
  const token = { payload: '', signature: '' };
  const known = () => keys.find({ alg: 'ES256', kid: 'one' }, token);
  for (let at = 0; at < 5; at += 1) {
    await expect(keys.find({ alg: 'ES256', kid: `unknown-${at}` }, token)).rejects.toThrow();
    await expect(known()).resolves.toBeDefined();
  }
  expect([issuer.asked, keys.state.state, lines.length, keys.isPaused]).toEqual([3, 'failed', 1, false]);
  isBroken = false;
  await clock.advance(5_000);
  await expect(keys.find({ alg: 'ES256', kid: 'unknown' }, token)).rejects.toThrow('no applicable key');
  expect([issuer.asked, keys.state.state, lines.length]).toEqual([4, 'ok', 2]);
});

it.each([3_600_000, -3_600_000, 86_400_000, -86_400_000])(
  'keys are fetched again when the wall clock was set by %i ms, by which their age is counted',
  async (ms) => {
    const { keys, clock, issuer } = await setUp();
    await keys.probe();
    const look = async () => {
      await expect(keys.find({ alg: 'ES256', kid: 'rotated' }, { payload: '', signature: '' })).rejects.toThrow('no applicable key');
    };
    await look();
    expect(issuer.asked).toBe(2);
    clock.setWallClock(ms);
    await look();
    expect(issuer.asked).toBeGreaterThanOrEqual(4);
    const asked = issuer.asked;
    await look();
    expect(issuer.asked).toBe(asked);
  },
);
