import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readOptions, USAGE } from './options.ts';

it('says how it is used, for --help and for what it does not know', () => {
  const run = (flag: string) =>
    spawnSync(process.execPath, ['--no-warnings', join(import.meta.dirname, 'main.ts'), flag], { encoding: 'utf8' });
  expect(run('--help')).toMatchObject({ status: 0, stdout: `${USAGE}\n`, stderr: '' });
  const refused = run('--sed');
  expect(refused.status).toBe(2);
  expect(refused.stderr).toMatch(/^Unknown option '--sed'/);
  expect(refused.stderr).toContain(USAGE);
  expect(refused.stderr).not.toContain('    at ');
});

it('plays one seed alone, or spreads the steps over seeds', () => {
  expect(readOptions(['--seed', '7', '--steps', '500'])).toMatchObject({ seeds: [7], steps: 500, isTraced: false, isAlone: true });
  expect(readOptions(['--steps', '25000', '--first-seed', '4'])).toMatchObject({ seeds: [4, 5, 6], steps: 10_000, isAlone: false });
  expect(() => readOptions(['--seed', 'x'])).toThrow('--seed is "x"; give a whole number');
});
