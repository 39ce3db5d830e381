import type { Route } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { inject } from '../../testing/inject.ts';
import { ROUTES_WITH_BODY, sampleRequest } from '../../testing/sample-requests.ts';

let server: InProcess;
beforeAll(async () => {
  server = await startInProcess();
});
afterAll(() => server.stop());

const revision = async () => (await server.plane.ports.store.events(0, 10_000)).length;
const escaped = (name: string) => `"\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}"`;

/** The example of a route with its first field written once more. */
function twice(route: Route, spell: (name: string) => string): { text: string; name: string } {
  const text = JSON.stringify(route.example);
  const [name = '', value] = Object.entries(route.example ?? {})[0] ?? [];
  return { name, text: `${text.slice(0, -1)},${spell(name)}:${JSON.stringify(value)}}` };
}

describe.each(ROUTES_WITH_BODY.map((route) => [route.id, route] as const))('%s', (_id, route) => {
  const send = (body: string) => server.send({ ...sampleRequest(route), body });

  it.each([
    ['as it is', JSON.stringify],
    ['with an escape', escaped],
  ])('refuses a field that is there twice, %s, and does nothing', async (_how, spell) => {
    const { text, name } = twice(route, spell as (name: string) => string);
    const before = await revision();
    const received = await send(text);
    expect([received.status, errorOf(received)]).toEqual([
      400,
      `The request body cannot be read: the field "${name}" is there twice; send it once`,
    ]);
    expect(await revision()).toBe(before);
  });

  it.each(['1e999', '-1e999', '12345678901234567890', '0.1234567890123456789', '1e-400', '-0', '9007199254740993'])(
    'refuses the number %s at any depth and names its field',
    async (numeral) => {
      const received = await send(`{"a":[{"b":${numeral}}]}`);
      expect([received.status, errorOf(received)]).toEqual([
        400,
        `The request body cannot be read: a.0.b is the number ${numeral}, which cannot be kept exactly; send it as a string`,
      ]);
    },
  );

  it('refuses half of a surrogate pair, and bytes that are no UTF-8', async () => {
    expect(errorOf(await send('{"a":"\\udc00"}'))).toContain('a holds half of a surrogate pair');
    const { method, path } = sampleRequest(route);
    const bytes = await inject(server.plane.http, {
      method: method as 'PUT',
      url: path,
      headers: { authorization: `Bearer ${server.adminKey}`, 'content-type': 'application/json' },
      payload: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    });
    expect([bytes.statusCode, bytes.json().error]).toEqual([400, expect.stringContaining('it is not valid UTF-8')]);
  });

  it('reads a body behind a byte order mark', async () => {
    const received = await send(`\ufeff${JSON.stringify(route.example)}`);
    expect(received.text).not.toContain('not valid JSON');
  });
});

const FREE = { n: [0, 1.5, 1e21, -7], text: 'NUL \u0000, mark \ufeff, pair 😀', '': null, nested: { yes: true } };
const FREE_TEXT = `{"__proto__":{"a":1},${JSON.stringify(FREE).slice(1, -1)},"same":[1.0,1e3,0.10]}`;

it('keeps free-form alert settings as they are, through a create, a patch and a read', async () => {
  const path = '/api/v1/tenants/demo/clusters';
  const created = await server.send({ method: 'POST', path, body: `{"name":"free-form","alerts":${FREE_TEXT}}` });
  expect([created.status, created.json.alerts]).toEqual([201, JSON.parse(FREE_TEXT)]);
  const patched = await server.send({ method: 'PATCH', path: `${path}/free-form`, body: `{"alerts":{"again":${FREE_TEXT}}}` });
  expect([patched.status, patched.json.alerts]).toEqual([200, { again: JSON.parse(FREE_TEXT) }]);
  const read = await server.send({ method: 'GET', path: `${path}/free-form` });
  expect(read.text).toContain('"__proto__":{"a":1}');
  expect(read.json.alerts).toEqual({ again: JSON.parse(FREE_TEXT) });
});

it.each([
  ['global', `{"opsgenie":${FREE_TEXT}}`],
  ['receivers/free', `{"x_configs":[${FREE_TEXT}]}`],
])('keeps what an Alertmanager %s says', async (place, body) => {
  const path = `/api/v1/tenants/demo/alertmanager/${place}`;
  expect((await server.send({ method: 'PUT', path, body })).status).toBe(200);
  const read = await server.send({ method: 'GET', path });
  expect(read.text).toContain('"__proto__":{"a":1}');
  expect(read.json).toMatchObject(JSON.parse(body));
});
