import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { COMMANDS } from '../commands/index.ts';
import { runCli } from '../testing/run-cli.ts';

const isMissing = spawnSync('man', ['--version']).status !== 0;

test.skipIf(isMissing)('man renders the page without a warning, with every command (needs man)', async () => {
  const { exit, out } = await runCli('help --man');
  expect(exit).toBe(0);
  const env = { PATH: process.env.PATH, MANWIDTH: '300', LC_ALL: 'C.UTF-8' };
  const { status, stdout, stderr } = spawnSync('man', ['--warnings', '-l', '-'], { input: out, encoding: 'utf8', env });
  expect([status, stderr]).toEqual([0, '']);
  for (const { path, examples } of COMMANDS.filter(({ isHidden }) => !isHidden)) {
    expect(stdout).toContain(`   openkupe ${path}`);
    for (const { run } of examples) expect(stdout).toContain(run);
  }
});
