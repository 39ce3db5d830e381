import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKubernetesClient, type KubernetesClient } from './client.ts';
import { follow } from './follow.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { type ScriptedApiServer, startScriptedApiServer } from './testing/scripted-api-server.ts';

const object = (name: string, resourceVersion: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, resourceVersion } });
const status = (code: number, reason: string, details: object = {}) => ({ kind: 'Status', code, reason, message: reason, details });
const event = (type: string, content: object) => `${JSON.stringify({ type, object: content })}\n`;

/** How one watch is answered: with events, a refusal, or by a connection that breaks. */
type Script = { readonly events: string } | { readonly refusal: { readonly code: number } } | 'broken';

let api: ScriptedApiServer;
let client: KubernetesClient;
let scripts: Script[];
const clock = createManualClock();

beforeEach(async () => {
  api = await startScriptedApiServer();
  client = createKubernetesClient({ ...api, credential: { type: 'anonymous' } });
});
afterEach(async () => {
  client.close();
  await api.close();
});

/** Follows until the script is over: what was reported, from which versions was watched, and how often was listed. */
async function run(script: readonly Script[], absent = 0) {
  scripts = [...script];
  const stop = new AbortController();
  const versions: (string | null)[] = [];
  let lists = 0;
  api.answer((request, response) => {
    const query = new URL(request.url ?? '', api.server).searchParams;
    if (!query.has('watch')) {
      lists += 1;
      if (lists <= absent) return void response.writeHead(404).end('404 page not found');
      return void response.end(
        JSON.stringify({ kind: 'ConfigMapList', metadata: { resourceVersion: String(lists * 10) }, items: [object('a', '5')] }),
      );
    }
    versions.push(query.get('resourceVersion'));
    const next = scripts.shift();
    if (next === undefined) return stop.abort(new Error('the script is over'));
    if (next === 'broken') return void request.socket.destroy();
    if ('refusal' in next) return void response.writeHead(next.refusal.code).end(JSON.stringify(next.refusal));
    response.end(next.events);
  });
  const seen: string[] = [];
  const ports = { client, clock, random: createSeededRandom(1) };
  const reading = (async () => {
    for await (const news of follow<KubernetesObject>(ports, { apiVersion: 'v1', plural: 'configmaps' }, { signal: stop.signal }))
      seen.push('object' in news ? `${news.type} ${news.object.metadata.name}` : news.type);
  })();
  await clock.runUntil(reading);
  return { seen, versions, lists };
}

it('resumes from the last event or bookmark when the server closes the connection', async () => {
  const { seen, versions, lists } = await run([
    { events: event('ADDED', object('b', '11')) },
    { events: event('BOOKMARK', object('', '40')) },
    { events: event('DELETED', object('b', '41')) },
  ]);
  expect(seen).toEqual(['listed', 'watching', 'set b', 'watching', 'watching', 'removed b']);
  expect(versions).toEqual(['10', '11', '40', '41']);
  expect(lists).toBe(1);
});

it.each([
  ['by a refusal', { refusal: status(410, 'Expired') }],
  ['by an ERROR event', { events: event('ERROR', status(410, 'Expired')) }],
  [
    'for a version that a restored store has not reached',
    { refusal: status(504, 'Timeout', { causes: [{ reason: 'ResourceVersionTooLarge' }] }) },
  ],
] satisfies [string, Script][])('lists again after 410 %s', async (_name, script) => {
  const { versions, lists } = await run([script]);
  expect({ versions, lists }).toEqual({ versions: ['10', '20'], lists: 2 });
});

it('resumes after an error that says nothing about the version, and reports the interruption', async () => {
  const { seen, versions } = await run([{ events: event('ADDED', object('b', '11')) + event('ERROR', status(500, 'InternalError')) }]);
  expect(seen).toEqual(['listed', 'watching', 'set b', 'interrupted']);
  expect(versions).toEqual(['10', '11']);
});

it('waits longer from failure to failure, up to five seconds each', async () => {
  const beganMs = clock.monotonic();
  const { seen } = await run(Array.from({ length: 12 }, () => 'broken' as const));
  expect(seen.filter((type) => type === 'interrupted')).toHaveLength(12);
  const tookMs = clock.monotonic() - beganMs;
  expect(tookMs).toBeGreaterThan(5_000);
  expect(tookMs).toBeLessThan(6_400 + 7 * 5_000);
});

it('takes a kind that is not there for an empty collection, and finds it within a minute once it is', async () => {
  const beganMs = clock.monotonic();
  const { seen } = await run([], 2);
  expect(seen).toEqual(['listed', 'watching', 'listed', 'watching', 'listed']);
  expect(clock.monotonic() - beganMs).toBe(120_000);
});
