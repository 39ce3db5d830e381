import { expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { findSharedControlPlanes } from './check-test-isolation.mjs';

const PATH = 'packages/server/src/routes/clusters/create.201.test.ts';
const shared = 'let server;\nbeforeAll(async () => {\n  folder = await make();\n  server = await startInProcess({ A: "b" });\n});\n';

it('finds a control plane that the tests of a file share', () => {
  expect(findSharedControlPlanes(PATH, shared)).toEqual([
    `${PATH}:2: start the control plane in beforeEach, so that each test has a fresh tenant`,
  ]);
});

it.each([
  ['one for each test', shared.replace('beforeAll', 'beforeEach')],
  [
    'one of a single test beside something else that is shared',
    `${shared.replace('startInProcess', 'startIssuer')}it("x", () => startInProcess());\n`,
  ],
])('accepts %s', (_what, text) => expect(findSharedControlPlanes(PATH, text)).toEqual([]));

it('accepts the tables of refusals, which change nothing', () => {
  expect(findSharedControlPlanes('packages/server/src/routes/every-route/401.test.ts', shared)).toEqual([]);
});
