import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StartedServer, startServer } from '../../../../conformance/start-server.ts';
import { MAGIC_NAMES } from '../faults/magic-names.ts';
import { type Asked, askRaw } from '../testing/ask.ts';

let server: StartedServer;
beforeAll(async () => {
  server = await startServer({ variables: { OPENKUPE_RATE_LIMIT_BURST: '100000', OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '0.1' } });
});
afterAll(() => server?.stop());

function ask(method: string, path: string, headers: Record<string, string> = {}, body?: unknown): Promise<Asked> {
  const all = { authorization: `Bearer ${server.apiKey}`, ...headers };
  return askRaw(`${server.host}${path}`, { method, headers: all, ...(body === undefined ? {} : { body }) });
}

/** What a client can tell two answers apart by, without what differs between any two. */
function seen({ status, headers, body, broke }: Asked) {
  const { date: _date, 'x-request-id': _id, ratelimit: _left, ...kept } = headers;
  return { status, headers: kept, broke, body: body.toString('utf8') };
}

describe('a server that was not started as a sandbox', () => {
  const base = '/api/v1/tenants/demo';
  const faults = ['503; retry-after=7', 'reset', 'lost-answer', 'half-body', 'compressed', 'nonsense', 'expire-key'];

  it.each(faults)('takes no notice of X-Kupe-Sandbox: %s', async (fault) => {
    for (const [method, path] of [
      ['GET', `${base}/clusters`],
      ['GET', `${base}/clusters/absent`],
      ['GET', '/healthz'],
      ['DELETE', `${base}/clusters/absent`],
    ] as const) {
      const [asked, plain] = [await ask(method, path, { 'x-kupe-sandbox': fault }), await ask(method, path)];
      expect(seen(asked)).toEqual(seen(plain));
      expect(plain.status).not.toBe(401);
    }
  });

  it.each(MAGIC_NAMES)('makes, changes and deletes a secret named $name as any other', async ({ name }) => {
    const path = `${base}/secrets/${name}`;
    expect((await ask('POST', `${base}/secrets`, {}, { name, secretPath: 'services/db' })).status).toBe(201);
    const read = await ask('GET', path);
    expect([read.status, read.headers['content-encoding'], read.broke]).toEqual([200, undefined, undefined]);
    const change = { sync: [{ cluster: 'production', namespace: 'default' }] };
    expect((await ask('PATCH', path, { 'if-match': String(read.headers.etag) }, change)).status).toBe(200);
    expect(JSON.parse((await ask('GET', path)).body.toString())).toMatchObject(change);
    expect(Math.floor(((await ask('DELETE', path)).status ?? 0) / 100)).toBe(2);
  });

  it('runs a cluster whose name would degrade it in a sandbox', async () => {
    expect((await ask('POST', `${base}/clusters`, {}, { name: 'fault-degraded' })).status).toBe(201);
    const phase = async () => JSON.parse((await ask('GET', `${base}/clusters/fault-degraded`)).body.toString()).status?.phase;
    await expect.poll(phase, { timeout: 30_000 }).toBe('Running');
  });

  it.each([
    ['GET', '/rules'],
    ['POST', '/rules'],
    ['POST', '/clock'],
    ['GET', '/recording'],
    ['POST', '/reset'],
    ['GET', '/state'],
    ['PUT', '/state'],
    ['POST', '/keys'],
    ['GET', '/_sandbox/rules'],
  ])('has no %s %s: it answers as on any path that is not there', async (method, path) => {
    const unknown = await ask(method, path.replace(/\w+$/, 'nothing'));
    const answer = await ask(method, path);
    expect([answer.status, seen(answer).body.replace(path, 'PATH')]).toEqual([404, seen(unknown).body.replace(/\/[\w/]*nothing/, 'PATH')]);
  });
});
