import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { ownCommand } from './own-command.ts';

let folder: string;
let script: string;
beforeEach(() => {
  folder = temporaryFolder();
  script = join(folder, 'lib', 'openkupe.cjs');
  mkdirSync(dirname(script));
  writeFileSync(script, '');
  chmodSync(script, 0o755);
});
const node = { path: '/usr/bin/node', version: 'v24.0.0' };
const own = (...path: string[]) => ownCommand({ installedAt: script, node }, { PATH: path.join(delimiter) });
/** A folder of the PATH that has `openkupe` in it. */
function linked(name: string, target = script): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  symlinkSync(target, join(path, 'openkupe'));
  return path;
}
const ABSOLUTE = { command: '/usr/bin/node', args: [] as string[] };

test('the name, where the PATH leads to this very program', () => {
  expect(own('/nonexistent', linked('bin'))).toEqual({ command: 'openkupe', args: [] });
});

test('Node and the file, where the PATH leads nowhere, or to another program first', () => {
  const another = join(folder, 'another');
  writeFileSync(another, '#!/bin/sh\n');
  chmodSync(another, 0o755);
  const expected = { ...ABSOLUTE, args: [script] };
  expect(own()).toEqual(expected);
  expect(own('/nonexistent')).toEqual(expected);
  expect(own(linked('first', another), linked('bin'))).toEqual(expected);
});

test('Node and the file for npx and npm run, whose PATH has it only while they run', () => {
  for (const path of [linked('node_modules/.bin'), '.', 'relative']) expect(own(path)).toEqual({ ...ABSOLUTE, args: [script] });
});
