import { LIMITS } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../store/store.ts';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

const PATH = '/api/v1/tenants/demo/clusters/one';
let server: InProcess;
beforeEach(async () => {
  // NOTE: the reconciler is not started, so that nothing but the test moves the cluster between two answers.
  server = await startInProcess();
  await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'one', version: '1.33' } });
});
afterEach(() => server.stop());

const read = () => server.send({ method: 'GET', path: PATH });
const patch = (body: unknown) => server.send({ method: 'PATCH', path: PATH, body });

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
    expect([refused.status, refused.headers.etag, refused.json.current]).toEqual([412, now.headers.etag, now.json]);
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
