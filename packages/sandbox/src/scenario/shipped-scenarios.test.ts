import { expect, it, onTestFinished } from 'vitest';
import type { Sandbox } from '../sandbox.ts';
import { startSandbox } from '../start-sandbox.ts';
import { type Asked, ask, jsonOf } from '../testing/ask.ts';
import { shippedScenarios } from './scenario.ts';

const ONE = '/clusters/production';

/** A client of one sandbox. */
interface Player {
  readonly sandbox: Sandbox;
  get(path?: string): Promise<Asked>;
  post(path: string, body: unknown): Promise<Asked>;
  remove(path: string): Promise<Asked>;
  /** Changes the cluster `production`, which has to be as the tag says. */
  change(etag: unknown, labels: Record<string, string>): Promise<Asked>;
  phase(name: string): Promise<string>;
}

function playerOf(sandbox: Sandbox): Player {
  const get = (path = '/clusters') => ask(sandbox, 'GET', path);
  return {
    sandbox,
    get,
    post: (path, body) => ask(sandbox, 'POST', path, { body }),
    remove: (path) => ask(sandbox, 'DELETE', path),
    change: (etag, labels) => ask(sandbox, 'PATCH', ONE, { headers: { 'if-match': String(etag) }, body: { labels } }),
    phase: async (name) => jsonOf(await get(`/clusters/${name}`)).status.phase,
  };
}

async function repeat(times: number, send: () => Promise<Asked>): Promise<Asked[]> {
  const got: Asked[] = [];
  for (let request = 0; request < times; request += 1) got.push(await send());
  return got;
}

const statuses = (got: readonly Asked[]) => got.map(({ status }) => status);
/** A resource that is gone as soon as its deletion is answered. */
const HOOK = { name: 'hook', url: 'https://hooks.example.com/w' };

/** What a client meets in each. Every rule of the scenario has to have fired when it ends. */
const PLAYS: Record<string, (player: Player) => Promise<void>> = {
  async 'bad-proxy'({ get, post, remove }) {
    await post('/webhooks', HOOK);
    expect((await remove('/webhooks/hook')).status).toBe(404);
    const got = await repeat(8, get);
    expect(statuses(got)).toEqual([200, 200, 200, 200, 502, 200, 200, 200]);
    expect(got[4]?.headers['content-type']).toContain('text/html');
    expect([got[5]?.broke, got[7]?.headers['content-encoding']]).toEqual(['aborted', 'gzip']);
  },
  async 'broken-clusters'({ sandbox, post, remove, phase, get }) {
    for (const name of ['web-1', 'db-1', 'old-1', 'fine']) await post('/clusters', { name });
    await sandbox.clock.advance('2m');
    expect([await phase('web-1'), await phase('db-1'), await phase('fine')]).toEqual(['Degraded', 'Provisioning', 'Running']);
    await remove('/clusters/old-1');
    await sandbox.clock.advance('1h');
    expect([await phase('web-1'), (await get('/clusters/old-1')).status]).toEqual(['Running', 200]);
    expect(await phase('db-1')).not.toBe('Running');
  },
  async 'key-rotated-under-a-deploy'({ sandbox, get }) {
    expect(statuses(await repeat(6, get))).toEqual([200, 200, 200, 200, 401, 401]);
    expect((await ask({ ...sandbox, apiKey: await sandbox.issueKey() }, 'GET', '/clusters')).status).toBe(200);
  },
  async 'lost-answers'({ sandbox, get, post, remove, change }) {
    await post('/webhooks', HOOK);
    expect(statuses(await repeat(2, () => post('/clusters', { name: 'production' })))).toEqual([undefined, 409]);
    await change((await get(ONE)).headers.etag, { team: 'a' });
    const { etag } = (await get(ONE)).headers;
    expect(statuses(await repeat(2, () => change(etag, { team: 'b' })))).toEqual([undefined, 412]);
    expect(jsonOf(await get(ONE)).labels).toEqual({ team: 'b' });
    const [, put] = await repeat(2, () => ask(sandbox, 'PUT', '/alertmanager/global', { body: {} }));
    expect(put?.status).toBeUndefined();
    await remove('/webhooks/absent');
    expect(statuses(await repeat(2, () => remove('/webhooks/hook')))).toEqual([undefined, 404]);
  },
  async 'monday-morning-storm'({ sandbox, get }) {
    const storm = await repeat(20, get);
    expect(storm.filter(({ status, headers }) => status === 429 && headers['retry-after'] === '1').length).toBeGreaterThan(5);
    await sandbox.clock.advance('60s');
    const aftermath = statuses(await repeat(20, get));
    expect([aftermath.includes(503), aftermath.includes(429)]).toEqual([true, false]);
    await sandbox.clock.advance('60s');
    expect(new Set(statuses(await repeat(10, get)))).toEqual(new Set([200]));
  },
  async 'rolling-restart'({ sandbox, get, post }) {
    await repeat(5, get);
    expect(statuses(await repeat(2, () => post('/clusters', { name: 'web' })))).toEqual([undefined, 409]);
    expect((await get()).status).toBe(503);
    await sandbox.clock.advance('90s');
    expect(new Set(statuses(await repeat(12, get)))).toEqual(new Set([200]));
  },
  async 'second-writer'({ get, change }) {
    const outcomes: (number | undefined)[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { headers, body } = await get(ONE);
      outcomes.push((await change(headers.etag, { ...JSON.parse(body.toString()).labels, team: 'mine' })).status);
    }
    expect([outcomes, jsonOf(await get(ONE)).labels]).toEqual([[412, 412, 200], { 'second-writer': '2', team: 'mine' }]);
  },
  async 'slow-clusters'({ sandbox, post, phase }) {
    await post('/clusters', { name: 'web' });
    await sandbox.clock.advance('9m');
    expect(await phase('web')).toBe('Provisioning');
    await sandbox.clock.advance('2m');
    expect(await phase('web')).toBe('Running');
  },
  async 'slow-network'({ get }) {
    const got = await Promise.all(Array.from({ length: 30 }, () => get('/clusters')));
    expect(new Set(statuses(got))).toEqual(new Set([200]));
    expect(Math.min(...got.map(({ tookMs }) => tookMs))).toBeGreaterThanOrEqual(299);
    expect(Math.max(...got.map(({ tookMs }) => tookMs))).toBeGreaterThanOrEqual(4_999);
    expect(Math.max(...got.map(({ pieces }) => pieces))).toBeGreaterThan(1);
  },
  async 'stale-reads'({ get, change }) {
    const { etag } = (await get(ONE)).headers;
    expect((await change(etag, { team: 'a' })).status).toBe(200);
    const stale = await get(ONE);
    expect(stale.headers.etag).toBe(etag);
    expect((await change(stale.headers.etag, { team: 'b' })).status).toBe(412);
    expect((await change((await get(ONE)).headers.etag, { team: 'b' })).status).toBe(200);
  },
  async 'strange-retry-after'({ get }) {
    const got = await repeat(8, get);
    expect(statuses(got)).toEqual([429, 429, 429, 429, 503, 503, 429, 200]);
    const date = expect.stringMatching(/ GMT$/);
    expect(got.map(({ headers }) => headers['retry-after'])).toEqual([undefined, '0', '0.5', date, date, 'soon', '86400', undefined]);
  },
};

it.each(Object.keys(PLAYS))('the scenario %s does what its description says, by every one of its rules', async (name) => {
  const sandbox = await startSandbox({ scenario: name, clock: { frozen: true } });
  onTestFinished(() => sandbox.stop());
  await PLAYS[name]?.(playerOf(sandbox));
  const names = sandbox.rules.list().map((rule) => rule.name);
  expect(new Set(sandbox.recording().requests.flatMap(({ firedBy }) => firedBy))).toEqual(new Set(names));
});

it('every scenario is played', async () => {
  expect(Object.keys(PLAYS).sort()).toEqual(await shippedScenarios());
});
