import { expect, it } from 'vitest';
// @ts-expect-error a script without types
import { findOutgoing } from './check-outgoing.mjs';

it.each([
  'const response = await fetch(address);',
  'await globalThis.fetch(address)',
  'const document = await response.json();',
  'await response.text()',
  'await answer.arrayBuffer()',
  "import { fetch } from 'undici';",
  'https.request(url, read)',
  "import { type IncomingMessage, request } from 'node:http';",
])('finds %s', (line) => {
  expect(findOutgoing('packages/server/src/auth/x.ts', `// why\n${line}\n`)).toHaveLength(1);
});

it.each(['await boundedFetch(address, bounds)', 'Response.json(value)', '// await response.json() is forbidden', 'cache.prefetch()'])(
  'lets %s pass',
  (line) => {
    expect(findOutgoing('packages/server/src/auth/x.ts', line)).toEqual([]);
  },
);

it('lets the door do its work', () => {
  expect(findOutgoing('packages/server/src/outgoing/bounded-fetch.ts', 'await fetch(address)')).toEqual([]);
});
