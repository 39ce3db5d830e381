import { afterEach, describe, expect, it } from 'vitest';
import type { Sandbox, SandboxOptions } from './sandbox.ts';
import { startSandbox } from './start-sandbox.ts';
import { ask, askRaw, jsonOf } from './testing/ask.ts';

const started: Sandbox[] = [];
async function start(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options);
  started.push(sandbox);
  return sandbox;
}
afterEach(async () => {
  await Promise.all(started.splice(0).map((sandbox) => sandbox.stop()));
});

const FROZEN = { start: '2026-01-15T00:00:00Z', frozen: true } as const;
const namesIn = async (sandbox: Sandbox) => jsonOf(await ask(sandbox, 'GET', '/clusters')).items.map(({ name }: { name: string }) => name);
const create = (sandbox: Sandbox, name: string) => ask(sandbox, 'POST', '/clusters', { body: { name } });

describe('sandboxes', () => {
  it('in one process know nothing of each other', async () => {
    const [one, other] = await Promise.all([start({ seed: 1, clock: FROZEN }), start({ seed: 2 })]);
    one.rules.add({ fault: '503' });
    expect([(await create(one, 'web')).status, (await create(other, 'web')).status]).toEqual([503, 201]);
    one.rules.clear();
    expect([await namesIn(one), await namesIn(other)]).toEqual([[], ['web']]);
    expect((await ask({ ...one, apiKey: other.apiKey }, 'GET', '/clusters')).status).toBe(401);
    expect([one.clock.isFrozen, other.clock.isFrozen]).toEqual([true, false]);
  });

  it('with the same seed have the same keys and the same faults', async () => {
    const run = async (seed: number) => {
      const sandbox = await start({
        seed,
        clock: FROZEN,
        scenario: { title: 'half', rules: [{ when: { probability: 0.5 }, fault: '503' }] },
      });
      const statuses: (number | undefined)[] = [];
      for (let request = 0; request < 30; request += 1) statuses.push((await ask(sandbox, 'GET', '/clusters')).status);
      return [sandbox.apiKey, statuses.join()];
    };
    const [first, again, other] = [await run(7), await run(7), await run(8)];
    expect(again).toEqual(first);
    expect(other?.[1]).not.toBe(first?.[1]);
  });

  it('refuse what cannot be a seed, a time or a scenario', async () => {
    await expect(start({ seed: -1 })).rejects.toThrow('The seed -1 is not usable');
    await expect(start({ clock: { start: 'noon' } })).rejects.toThrow('"noon" is no time');
    await expect(start({ scenario: 'nothing' })).rejects.toThrow('There is no scenario and no file "nothing"');
  });
});

describe('state', () => {
  it('is as at the start after a reset, at the same address and with the same key', async () => {
    const sandbox = await start({
      clock: FROZEN,
      scenario: { title: 'one', clusters: [{ name: 'seeded' }], rules: [{ name: 'r', fault: '503', when: { after: 9 } }] },
    });
    const { url, apiKey } = sandbox;
    await create(sandbox, 'web');
    sandbox.rules.clear();
    await sandbox.clock.advance('1h');
    await sandbox.reset();
    expect([sandbox.url, sandbox.apiKey, sandbox.rules.list().map(({ name }) => name), sandbox.recording().requests]).toEqual([
      url,
      apiKey,
      ['r'],
      [],
    ]);
    expect(await namesIn(sandbox)).toEqual(['seeded']);
    expect(sandbox.clock.nowMs - Date.parse(FROZEN.start)).toBeLessThan(120_000);
  });

  it('goes on in another sandbox after export and import, with its time', async () => {
    const one = await start({ clock: FROZEN });
    await create(one, 'web');
    await one.clock.advance('5m');
    const state = JSON.parse(JSON.stringify(one.export()));
    await create(one, 'later');
    const other = await start({ clock: { frozen: true }, state });
    expect([await namesIn(other), other.clock.nowMs]).toEqual([['web'], one.clock.nowMs]);
    await one.import(state);
    expect(await namesIn(one)).toEqual(['web']);
    await expect(one.import({ ...state, files: { '../x': '' } })).rejects.toThrow('This is no state of a sandbox');
  });
});

describe('the clock', () => {
  it('decides when a key expires', async () => {
    const sandbox = await start({ clock: FROZEN });
    const made = await ask(sandbox, 'POST', '/apikeys', { body: { displayName: 'k', role: 'admin', expiresAt: '2026-01-15T01:00:00Z' } });
    const status = async () => (await ask({ ...sandbox, apiKey: jsonOf(made).key }, 'GET', '/clusters')).status;
    expect(await status()).toBe(200);
    await sandbox.clock.advance('61m');
    expect(await status()).toBe(401);
  });

  it('closes months', async () => {
    const sandbox = await start({ clock: FROZEN });
    expect(jsonOf(await ask(sandbox, 'GET', '/invoices')).items).toEqual([]);
    await sandbox.clock.advance('31d');
    expect(jsonOf(await ask(sandbox, 'GET', '/invoices')).items).toMatchObject([{ name: '2026-01', status: { phase: 'Finalised' } }]);
  });

  it('decides how long the backoff after wrong keys lasts', async () => {
    const sandbox = await start({ clock: FROZEN });
    const guess = async () => (await ask({ ...sandbox, apiKey: 'kupe_wrong' }, 'GET', '/clusters')).status;
    const statuses: (number | undefined)[] = [];
    for (let request = 0; request < 12; request += 1) statuses.push(await guess());
    expect(statuses.at(-1)).toBe(429);
    await sandbox.clock.advance('1h');
    expect(await guess()).toBe(401);
  });
});

it('the recording tells what a client did: keys by labels, no secret in it', async () => {
  const sandbox = await start({ clock: FROZEN });
  sandbox.rules.add({ name: 'storm', when: { count: 1 }, fault: '429; retry-after=2' });
  await create(sandbox, 'web');
  await create(sandbox, 'web');
  await ask(sandbox, 'DELETE', '/clusters/web', { headers: { 'if-match': '"1.0"' } });
  await ask({ ...sandbox, apiKey: 'kupe_other' }, 'GET', '/clusters');
  const { requests } = sandbox.recording();
  expect(requests.map(({ method, outcome, key, route }) => [method, outcome, key, route])).toEqual([
    ['POST', 429, 'key-1', 'clusters.create'],
    ['POST', 201, 'key-1', 'clusters.create'],
    ['DELETE', 412, 'key-1', 'clusters.delete'],
    ['GET', 401, 'key-2', 'clusters.list'],
  ]);
  expect(requests[0]?.bodyHash).toBe(requests[1]?.bodyHash);
  expect(sandbox.timeline()).toMatch(
    /^ {3}1 .* s {2}POST \/api\/v1\/tenants\/demo\/clusters {2}429, Retry-After: 2 in .* <- status \(storm\)$/m,
  );
  expect(JSON.stringify(requests) + sandbox.timeline()).not.toContain('kupe_');
});

describe('the control API', () => {
  const call = (sandbox: Sandbox, method: string, path: string, body?: unknown, token = sandbox.controlToken) =>
    askRaw(`${sandbox.controlUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body }),
    });

  it('adds, lists and removes rules, moves the clock, issues keys, resets', async () => {
    const sandbox = await start({ clock: FROZEN });
    expect(jsonOf(await call(sandbox, 'POST', '/rules', { name: 'a', fault: '503' }))).toEqual({ name: 'a' });
    expect((await create(sandbox, 'web')).status).toBe(503);
    expect(jsonOf(await call(sandbox, 'GET', '/rules'))).toMatchObject([{ name: 'a', fired: 1 }]);
    expect([(await call(sandbox, 'DELETE', '/rules/a')).status, (await call(sandbox, 'DELETE', '/rules/a')).status]).toEqual([204, 404]);
    expect(jsonOf(await call(sandbox, 'POST', '/clock', { advance: '10m' }))).toEqual({ now: '2026-01-15T00:10:00.000Z', frozen: true });
    const { key } = jsonOf(await call(sandbox, 'POST', '/keys'));
    expect((await ask({ ...sandbox, apiKey: key }, 'GET', '/clusters')).status).toBe(200);
    const state = jsonOf(await call(sandbox, 'GET', '/state'));
    expect((await call(sandbox, 'POST', '/reset')).status).toBe(204);
    expect((await ask({ ...sandbox, apiKey: key }, 'GET', '/clusters')).status).toBe(401);
    expect((await call(sandbox, 'PUT', '/state', state)).status).toBe(204);
    expect((await ask({ ...sandbox, apiKey: key }, 'GET', '/clusters')).status).toBe(200);
  });

  it('refuses a wrong token, and says what is wrong with a call', async () => {
    const sandbox = await start();
    expect((await call(sandbox, 'POST', '/reset', undefined, sandbox.apiKey)).status).toBe(401);
    expect(jsonOf(await call(sandbox, 'GET', '/pods')).error).toMatch(/^The control API has no GET \/pods; it has GET \/, /);
    const wrong = await call(sandbox, 'POST', '/clock', { advance: 'soon' });
    expect([wrong.status, jsonOf(wrong).error]).toEqual([
      400,
      '"soon" is no duration; write one such as 500ms, 90s, 10m, 2h or 31d, of at most ten years',
    ]);
  });
});
