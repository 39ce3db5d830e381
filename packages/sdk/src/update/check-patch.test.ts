import { expect, test } from 'vitest';
import { cluster, tryClient } from '../testing/try-client.ts';

const there = { headers: { ETag: '"1"' }, body: cluster('prod', { alerts: { n: 2 ** 60, list: [1, 2] } }) };

test.each([
  ['a promise', async () => ({ version: '1.32' }), /returned a promise; .* await what it needs before$/],
  ['a promise that fails', () => Promise.reject(new Error('late')), /returned a promise/],
  ['null', () => null, /returned null; return an object with the fields to change, or undefined$/],
  ['a string', () => 'version=1.32', /returned version=1.32; return an object/],
  ['a list', () => [{ version: '1.32' }], /return an object/],
  ['a Map', () => new Map([['version', '1.32']]), /return an object/],
  [
    'a number read as another',
    ({ alerts }: { alerts?: object }) => ({ alerts: { ...alerts, on: true } }),
    /^The number in alerts\.n is beyond/,
  ],
  ['one in a list', () => ({ alerts: { list: [1, Number.POSITIVE_INFINITY] } }), /^The number in alerts\.list\.1 is beyond/],
])('an update whose function returns %s is a TypeError that says what to do, and writes nothing', async (_, change, message) => {
  const { client, clock, lines } = tryClient([there]);
  const work = client.clusters.update('prod', change as never);
  await expect(clock.runUntil(work)).rejects.toThrow(TypeError);
  await expect(work).rejects.toThrow(message);
  expect(lines()).toEqual(['GET /api/v1/tenants/acme/clusters/prod']);
});

test('a large number elsewhere in the resource is left alone by a patch that does not name it', async () => {
  const { client, clock, transport } = tryClient([there, { body: cluster('prod', { version: '1.32' }) }]);
  await clock.runUntil(client.clusters.update('prod', () => ({ version: '1.32' })));
  expect(transport.sent[1]?.body).toEqual({ version: '1.32' });
});

test('a name with half of a surrogate pair is refused before anything is sent', async () => {
  const { client, clock, lines } = tryClient([there]);
  const message = '"a\\ud800" is no name, so nothing was sent; give the name of a resource';
  await expect(client.clusters.get('a\ud800')).rejects.toThrow(Object.assign(new TypeError(message), { code: 'ERR_KUPE_ARGUMENT' }));
  await clock.runUntil(client.clusters.get('😀'));
  expect(lines()).toEqual(['GET /api/v1/tenants/acme/clusters/%F0%9F%98%80']);
});
