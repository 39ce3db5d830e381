import { expect, it, onTestFinished } from 'vitest';
import { seal } from '../crypto/seal.ts';
import { startInProcess } from '../testing/in-process.ts';
import { inject } from '../testing/inject.ts';
import { readIdempotencyKey } from './idempotency.ts';

const COLLECTION = '/api/v1/tenants/demo/clusters';

it('replays a record of an earlier release, which holds the reply itself', async () => {
  const server = await startInProcess();
  onTestFinished(() => server.stop());
  const { store, answerKey, random } = server.plane.ports;
  const [admin] = await store.keys('api-key', 'demo');
  const body = { name: 'once' };
  const headers = { 'idempotency-key': 'before-the-upgrade' };
  const key = readIdempotencyKey(
    'before-the-upgrade',
    { method: 'POST', target: COLLECTION, headers },
    { body, principal: { kind: 'api-key', tenant: 'demo', actor: admin?.name ?? '' } },
    answerKey,
  );
  const { scope, fingerprint } = key;
  const reply = { headers: { etag: '"7.0"', 'content-type': 'application/json; charset=utf-8' }, body: '{"name":"once"}' };
  const idempotency = {
    scope,
    fingerprint,
    status: 201,
    sealed: seal(JSON.stringify(reply), scope, answerKey, random),
    expiresAt: server.clock.now() + 60_000,
    nowMs: server.clock.now(),
    tenant: 'demo',
    quotaBytes: 2 ** 20,
    replaceableMs: 0,
  };
  await store.commit({ at: server.clock.now(), writes: [], idempotency });
  // NOTE: not through `send`, which compares the body with the contract, and this one is made up.
  const response = await inject(server.plane.http, {
    method: 'POST',
    url: COLLECTION,
    headers: { ...headers, authorization: `Bearer ${server.adminKey}`, 'content-type': 'application/json' },
    payload: JSON.stringify(body),
  });
  expect([response.statusCode, response.body, response.headers.etag]).toEqual([201, reply.body, '"7.0"']);
  expect(response.headers['idempotent-replayed']).toBe('true');
});

it.each([
  ['oidc', false],
  ['api-key', true],
] as const)('of a caller by %s is the same in a later tenant of the name: %s', (kind, isSame) => {
  const principal = { kind, tenant: 'demo', actor: 'owner@acme.example' };
  const scopeIn = (uid: string) => {
    const request = { method: 'POST', target: COLLECTION, headers: {} };
    return readIdempotencyKey('k', request, { body: {}, principal, tenant: { uid } }, new Uint8Array(32)).scope;
  };
  expect(scopeIn('uid-before')).toBe(scopeIn('uid-before'));
  expect(scopeIn('uid-before') === scopeIn('uid-after')).toBe(isSame);
});

it('is 409 with a wait while the first request with the key runs, and its answer afterwards', async () => {
  const server = await startInProcess();
  onTestFinished(() => server.stop());
  const create = () => server.send({ method: 'POST', path: COLLECTION, body: { name: 'once' }, headers: { 'idempotency-key': 'twice' } });
  const [first, second] = await Promise.all([create(), create()]);
  expect([first.status, second.status, second.headers['error-code']]).toEqual([201, 409, 'idempotency-key-in-use']);
  expect(second.headers['retry-after']).toMatch(/^[1-9]\d*$/);
  // NOTE: a client that took it for a definite refusal would report as not applied what the first request then does.
  expect(second.headers['retry-advice']).toBe('wait; executed=unknown');
  expect(await create()).toMatchObject({
    status: 201,
    text: first.text,
    headers: { 'idempotent-replayed': 'true', etag: first.headers.etag },
  });
});

it('replays the answer where another process committed the same request after the key was looked up', async () => {
  const server = await startInProcess();
  onTestFinished(() => server.stop());
  const request = { method: 'POST', path: COLLECTION, body: { name: 'once' }, headers: { 'idempotency-key': 'sent-twice' } } as const;
  const first = await server.send(request);
  let looked = 0;
  const store = new Proxy(server.plane.ports.store, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name === 'idempotencyRecord' && looked++ === 0) return async () => undefined;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const second = await server.sendWith({ store }, request);
  expect([first.status, second.status, second.text]).toEqual([201, 201, first.text]);
  expect(second.headers['idempotent-replayed']).toBe('true');
  const another = await server.send({ ...request, headers: { 'idempotency-key': 'another' } });
  expect(another.status).toBe(409);
});
