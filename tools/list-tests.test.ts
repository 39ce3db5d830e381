import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
// @ts-expect-error a script without types
import { listTests, startsProcess } from './list-tests.mjs';

const FILES: Readonly<Record<string, string>> = {
  'packages/a/src/own.test.ts': "import { spawn } from 'node:child_process';",
  'packages/a/src/helped.test.ts': "import { start } from './testing/one.ts';",
  'packages/a/src/testing/one.ts': "import { start } from './two.ts';",
  'packages/a/src/testing/two.ts': "import { chromium } from 'playwright-core';\nimport './one.ts';",
  'packages/a/src/tested.test.ts': "import { up } from './up.ts';",
  'packages/a/src/listening.test.ts': "import { createServer } from 'node:http';",
  'packages/a/src/typed.test.ts': "import type { Socket } from 'node:net';",
  'packages/a/src/up.ts': "import { spawn } from 'node:child_process';",
};
const read = (path: string) => FILES[path] ?? '';

it.each([
  ['own', true],
  ['helped', true],
  ['listening', true],
  ['typed', false],
  ['tested', false],
])('a test that starts something by itself or by a helper: %s is %s', (name, expected) => {
  expect(startsProcess(`packages/a/src/${name}.test.ts`, read)).toBe(expected);
});

it('a test that runs on Kubernetes says so in its name, and is in no other list', () => {
  const root = mkdtempSync(join(tmpdir(), 'openkupe-lists-'));
  for (const name of ['a.test.ts', 'b.kubernetes.test.ts']) writeFileSync(join(root, name), "import { spawn } from 'node:child_process';");
  expect(listTests(root, ['*.test.ts'])).toEqual({ onKubernetes: ['b.kubernetes.test.ts'], withProcesses: ['a.test.ts'], unit: [] });
  rmSync(root, { recursive: true });
});
