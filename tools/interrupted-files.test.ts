import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
// @ts-expect-error a script without types
import { isInterrupted, withoutPaths } from './interrupted-files.mjs';

const ROOT = join(import.meta.dirname, '..');
const FILES = {
  'killed.test.ts': "it('ends', () => {}); it('hangs', () => new Promise(() => process.kill(process.pid, 'SIGKILL')));",
  'hook.test.ts':
    "describe('of a hook', () => { beforeAll(() => { throw new Error('no'); }); it('waits', () => {}); }); it('ends', () => {});",
  'failed.test.ts': "it('fails', () => { throw new Error('no'); }); it('ends', () => {});",
  'broken.test.ts': "throw new Error('no');",
  'passed.test.ts': "it('ends', () => {}); it.skip('waits', () => {});",
};

it('of files that fail, only one whose process ended runs once more', () => {
  const folder = mkdtempSync(join(ROOT, 'tools/.interrupted-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(FILES))
    writeFileSync(join(folder, name), `import { beforeAll, describe, it } from 'vitest';\n${text}\n`);
  const report = join(folder, 'report.json');
  const flags = ['run', '--root', folder, '--pool=forks', '--reporter=json', `--outputFile.json=${report}`];
  writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {};');
  spawnSync(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...flags]);
  const files: { name: string }[] = JSON.parse(readFileSync(report, 'utf8')).testResults;
  expect(files).toHaveLength(5);
  expect(files.filter(isInterrupted).map(({ name }) => name)).toEqual([join(folder, 'killed.test.ts')]);
});

it.each([
  [
    ['packages/sdk', '-t', 'a name', '--project', 'unit', '--retry=0', 'tools'],
    ['-t', 'a name', '--project', 'unit', '--retry=0'],
  ],
  [['a.test.ts', '-u'], ['-u']],
  [[], []],
])('keeps of %j what does not name files: %j', (given, kept) => {
  expect(withoutPaths(given)).toEqual(kept);
});
