import { LIMITS } from '@openkupe/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../store/store.ts';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { untilPhase } from '../../testing/life-cycle.ts';

const PATH = '/api/v1/tenants/demo/clusters/one';
let server: InProcess;
beforeAll(async () => {
  server = await startInProcess();
  await server.plane.start();
  await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'one', version: '1.33' } });
});
afterAll(() => server.stop());

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
  expect(refused.headers.etag).toBe(before.headers.etag);
  expect(refused.headers['retry-advice']).toBe('re-read; executed=no');
  expect((await read()).text).toBe(before.text);
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

describe('for a caller that asks for application/problem+json', () => {
  const asked = (ifMatch: string) => ({ 'if-match': ifMatch, accept: 'application/json, application/problem+json' });
  const patchAsking = (body: unknown, ifMatch: string) => server.send({ method: 'PATCH', path: PATH, body, headers: asked(ifMatch) });

  /** The real store, with something done right before the first commit. */
  const before = (act: () => Promise<unknown>): { store: Store } => {
    const { store } = server.plane.ports;
    let isDone = false;
    return {
      store: {
        ...store,
        async commit(written) {
          if (!isDone) {
            isDone = true;
            await act();
          }
          return store.commit(written);
        },
      },
    };
  };

  it('the loser writes again without a read in between', async () => {
    await patch(change());
    const refused = await patchAsking(change(), tag);
    expect(refused.status).toBe(412);
    expect(refused.json.current).toEqual((await read()).json);
    expect((await patchAsking(change(), refused.headers.etag ?? '')).status).toBe(200);
  });

  it('a write that loses its race at the commit carries what it lost to', async () => {
    const theirs = change();
    const refused = await server.sendWith(
      before(() => patch(theirs)),
      {
        method: 'PATCH',
        path: PATH,
        body: change(),
        headers: asked(tag),
      },
    );
    const now = await read();
    expect([refused.status, refused.headers['retry-advice']]).toEqual([412, 're-read; executed=no']);
    expect(refused.json.current).toEqual(now.json);
    expect(refused.json.current.alerts).toEqual(theirs.alerts);
    expect([refused.headers.etag, refused.json.etag]).toEqual([now.headers.etag, now.headers.etag]);
  });

  it('the tag is that of what is carried, also when that is newer than what was compared', async () => {
    await patch(change());
    const { store } = server.plane.ports;
    let reads = 0;
    const moving: Store = {
      ...store,
      async get(key) {
        if (key.kind === 'cluster') reads += 1;
        if (reads === 2 && key.kind === 'cluster') await patch(change());
        return store.get(key);
      },
    };
    const refused = await server.sendWith({ store: moving }, { method: 'PATCH', path: PATH, body: change(), headers: asked(tag) });
    const now = await read();
    const { current } = refused.json as { current: { resourceVersion: string } };
    // The status may move on between the two answers, the version does not.
    expect([refused.status, current.resourceVersion]).toEqual([412, now.json.resourceVersion]);
    expect(refused.headers.etag?.split('.')[0]).toBe(`"${current.resourceVersion}`);
  });

  it('what is gone by then is left out: the next read says 404', async () => {
    await patch(change());
    const { store } = server.plane.ports;
    let reads = 0;
    const vanishing: Store = {
      ...store,
      async get(key) {
        if (key.kind === 'cluster') reads += 1;
        return reads >= 2 && key.kind === 'cluster' ? undefined : store.get(key);
      },
    };
    const refused = await server.sendWith({ store: vanishing }, { method: 'PATCH', path: PATH, body: change(), headers: asked(tag) });
    expect([refused.status, refused.json.error, 'current' in refused.json]).toEqual([412, expect.stringContaining('changed'), false]);
  });

  it('a failure to read it is a failure: nothing half is sent', async () => {
    await patch(change());
    const { store } = server.plane.ports;
    let reads = 0;
    const broken: Store = {
      ...store,
      async get(key) {
        if (key.kind === 'cluster') reads += 1;
        if (reads >= 2 && key.kind === 'cluster') throw new Error('the disk is gone');
        return store.get(key);
      },
    };
    const refused = await server.sendWith({ store: broken }, { method: 'PATCH', path: PATH, body: change(), headers: asked(tag) });
    expect([refused.status, refused.headers['retry-advice']]).toEqual([500, 'back-off; executed=no']);
    expect(refused.text).not.toContain('disk');
  });

  it('is left out when it is longer than 64 KiB, and carried up to there', async () => {
    const bytesOf = (json: unknown) => Buffer.byteLength(JSON.stringify(json));
    const filled = (length: number) => ({ alerts: { note: 'é'.repeat(length) } });
    const { json } = await patch(filled(1));
    const length = Math.floor((LIMITS.carriedBytes - bytesOf(json)) / 2) - 4;
    expect((await patch(filled(length))).status).toBe(200);
    expect(bytesOf((await patchAsking(change(), tag)).json.current)).toBeGreaterThan(LIMITS.carriedBytes - 20);
    expect((await patch(filled(length + 10))).status).toBe(200);
    const refused = await patchAsking(change(), tag);
    expect([refused.status, 'current' in refused.json, refused.json.etag]).toEqual([412, false, (await read()).headers.etag]);
  });

  it('a 400 and a 404 carry nothing', async () => {
    expect('current' in (await patchAsking({ version: 1 }, tag)).json).toBe(false);
    const missing = await server.send({ method: 'PATCH', path: `${PATH}-x`, body: change(), headers: asked(tag) });
    expect([missing.status, missing.json.code, 'current' in missing.json]).toEqual([404, 'not-found', false]);
  });
});
