import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { untilPhase } from '../../testing/life-cycle.ts';

const PATH = '/api/v1/tenants/demo/clusters/one';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
  await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'one', version: '1.33' } });
});
afterEach(() => server.stop());

const read = () => server.send({ method: 'GET', path: PATH });
const patch = (body: unknown, ifMatch?: string) =>
  server.send({ method: 'PATCH', path: PATH, body, ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }) });

let round = 0;
/** A change that is a change every time. */
const change = () => {
  round += 1;
  return { alerts: { round } };
};

let tag: string;
beforeEach(async () => {
  tag = (await read()).headers.etag ?? '';
});

it('a status write never causes a 412: the tag of the Pending cluster still opens the Running one', async () => {
  const running = await untilPhase(server, PATH, 'Running');
  expect(running.headers.etag).not.toBe(tag);
  expect((await patch(change(), tag)).status).toBe(200);
});

it('after somebody else wrote: 412, the current tag, and nothing is changed', async () => {
  await patch(change());
  const before = await read();
  const refused = await patch(change(), tag);
  expect(refused.status).toBe(412);
  expect(errorOf(refused)).toBe(
    'Cluster "one" changed after it was read, so nothing was written; read it again, re-apply the change and retry',
  );
  // The status may move meanwhile; what If-Match compares, and what is desired, do not.
  expect(refused.headers.etag?.split('.')[0]).toBe(before.headers.etag?.split('.')[0]);
  expect(refused.headers['retry-advice']).toBe('re-read; executed=no');
  const { status: _, ...after } = (await read()).json;
  expect(before.json).toMatchObject(after);
  expect((await patch(change(), refused.headers.etag)).status).toBe(200);
});

it('of many writers with the same tag exactly one is written', async () => {
  const statuses = (await Promise.all(Array.from({ length: 12 }, () => patch(change(), tag)))).map(({ status }) => status);
  expect(statuses.sort()).toEqual([200, ...Array(11).fill(412)]);
});

it('writers without If-Match all succeed, none is lost to a race of the server’s own', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => patch(change())));
  expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
  expect(new Set(answers.map(({ json }) => json.resourceVersion)).size).toBe(12);
});

it.each([
  ['garbage', 'nonsense'],
  ['an empty tag', '""'],
  ['a version that never was', '"999999"'],
  ['a list of old ones', '"1.0", "2.0"'],
])('%s is a mismatch, not a 400', async (_what, ifMatch) => expect((await patch(change(), ifMatch)).status).toBe(412));

it.each([
  ['verbatim', (etag: string) => etag],
  ['bare', (etag: string) => etag.replaceAll('"', '').split('.')[0] ?? ''],
  ['weak, as a compressing proxy makes it', (etag: string) => `W/${etag}`],
  ['in a list', (etag: string) => `"1.0", ${etag}`],
  ['as a star', () => '*'],
])('takes the tag %s', async (_how, form) => expect((await patch(change(), form(tag))).status).toBe(200));

it('reports a race as a race, before any rule judges the stale request', async () => {
  await patch(change());
  expect((await patch({ version: '1.99' }, tag)).status).toBe(412);
  expect((await patch({ version: '1.99' })).status).toBe(400);
});

it('reports malformed input before the race, and a missing cluster before both', async () => {
  await patch(change());
  expect((await patch({ version: 1 }, tag)).status).toBe(400);
  const missing = await server.send({ method: 'PATCH', path: `${PATH}-x`, body: change(), headers: { 'if-match': tag } });
  expect(missing.status).toBe(404);
});
