import { expect, test } from 'vitest';
import { explain } from './explain.ts';
import { failureOf } from './testing/outcome-of.ts';
import type { ScriptStep } from './testing/scripted-transport.ts';
import { cluster, tryClient } from './testing/try-client.ts';

const at = (resourceVersion: string, changes = {}): ScriptStep => ({
  headers: { ETag: `"${resourceVersion}.0"` },
  body: cluster('prod', { resourceVersion, ...changes }),
});

test.each([
  [
    { status: 429, headers: { 'Retry-After': '3' } },
    'The change is not applied; the same call may succeed later, not before 2026-01-01T00:00:03.000Z.',
  ],
  [{ status: 503, headers: { 'Retry-After': '3' } }, 'The change may have happened; the same call could do it twice.'],
  [{ status: 400 }, 'The change is not applied; the same call will not succeed as it is.'],
] satisfies [ScriptStep, string][])('a POST that got %j: %s', async (step, sentence) => {
  const { client, clock } = tryClient([step], { policy: { attempts: 1 } });
  expect(explain(await failureOf(clock, client.apiKeys.create({ displayName: 'ci', role: 'admin' })))).toContain(sentence);
});

test('the requests of all rounds are counted through', async () => {
  const { client, clock } = tryClient([at('10'), { status: 412 }, at('11'), at('12', { version: '1.32' })]);
  const text = explain(await clock.runUntil(client.clusters.update('prod', () => ({ version: '1.32' }))));
  expect(text).toMatch(/^Succeeded after 4 attempts\n {2}1\. 200 .*\n {2}2\. 412 .*\n {2}3\. 200 .*\n {2}4\. 200 /);
});
