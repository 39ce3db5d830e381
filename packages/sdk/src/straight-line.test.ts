import { Session } from 'node:inspector/promises';
import { expect, test } from 'vitest';
import { cluster, tryClient } from './testing/try-client.ts';

/** The files of packages/sdk and packages/contract that run a function during `work`, as V8 counts them; those for tests and their random numbers aside. */
async function filesPassedDuring(work: () => Promise<unknown>): Promise<string[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await work();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  session.disconnect();
  return result
    .filter(({ functions }) => functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0))
    .map(({ url }) => /packages\/(?:sdk|contract)\/src\/.*/.exec(url)?.[0] ?? '')
    .filter((file) => file !== '' && !/testing\/|seeded-random|\.test\.ts/.test(file));
}

// NOTE: the numbers only go down, or up with a reason: the last one was a function of two pages that became two. The transport is not among them: over a socket it is three files more.
test.each([
  ['get', 27],
  ['patch', 29],
] as const)('a %s passes at most %i files', async (name, most) => {
  const { client, clock } = tryClient([{ body: cluster('prod') }], { isLastRepeated: true });
  const calls = {
    get: () => client.clusters.get('prod'),
    patch: () => client.clusters.patch('prod', { version: '1.32' }, { ifMatch: '"10"' }),
  };
  await clock.runUntil(calls[name]());
  const files = await filesPassedDuring(() => clock.runUntil(calls[name]()));
  expect(files).toContain('packages/sdk/src/send-call.ts');
  expect(files.length).toBeLessThanOrEqual(most);
});
