import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type KupeDouble, startKupeDouble } from '../testing/kupe-double.ts';
import { environmentFor } from '../testing/run-cli.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'openkupe.cjs');
const folder = mkdtempSync(join(tmpdir(), 'openkupe-output-'));
let double: KupeDouble;
beforeAll(async () => {
  double = await startKupeDouble();
});
afterAll(async () => {
  await double.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs `openkupe LINE` in a shell, with its streams as `redirection` has them. stderr comes back if it is not redirected. */
function openkupe(line: string, redirection: string, after = ''): Promise<{ exit: number; out: string; err: string }> {
  const env = { PATH: process.env.PATH, HOME: folder, ...environmentFor(double), NODE: process.execPath, BIN };
  const program = after === '' ? `exec "$NODE" "$BIN" ${line} ${redirection}` : `{ "$NODE" "$BIN" ${line} ${redirection} ${after}`;
  return new Promise((resolve) => {
    execFile('sh', ['-c', program], { env }, (error, out, err) => resolve({ exit: error === null ? 0 : Number(error.code), out, err }));
  });
}
const created = () => double.seen.filter(({ method, path }) => method === 'POST' && path.endsWith('/apikeys')).length;

const COMMANDS = [
  'cluster list',
  'cluster get production -o json',
  'plan list -o yaml',
  'version',
  '--help',
  'cluster --help',
  'context list',
];

describe.skipIf(!existsSync('/dev/full'))('a device that is full (/dev/full)', () => {
  test.each(COMMANDS)('%s: exit code 1 and a sentence', async (line) => {
    const { exit, err } = await openkupe(line, '>/dev/full');
    expect([exit, err]).toEqual([1, expect.stringContaining('could not be written to standard output (ENOSPC: no space left on device)')]);
  });

  test('an API key: how to see it again and how to revoke it', async () => {
    const { exit, err } = await openkupe('apikey create ci --role readonly', '>/dev/full');
    expect([exit, err]).toEqual([1, expect.stringMatching(/The API key ak-\w+ was created, but .*"openkupe apikey delete ak-\w+"/)]);
    const again = await openkupe('apikey create ci --role readonly', '');
    expect([again.exit, again.err]).toEqual([0, expect.stringContaining('An earlier run of this command')]);
    const posts = double.seen.filter(({ body }) => (body as { displayName?: string } | undefined)?.displayName === 'ci');
    expect(posts).toHaveLength(2);
    expect(new Set(posts.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  test('stderr: what was to be said is lost, so a success is none', async () => {
    expect((await openkupe('apikey create other --role readonly -o name', '2>/dev/full')).exit).toBe(1);
    expect((await openkupe('cluster list', '2>/dev/full')).exit).toBe(0);
    expect((await openkupe('cluster get nothing', '2>/dev/full')).exit).toBe(4);
  });

  test('both: an exit code is all that is left', async () => {
    expect((await openkupe('cluster list', '>/dev/full 2>&-')).exit).toBe(1);
  });
});

test('a file on a full disk gets all of it or an exit code', async (context) => {
  const disk = mkdtempSync(join(folder, 'disk-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk]).status !== 0) {
    return context.skip('needs the right to mount a file system');
  }
  onTestFinished(() => void execFileSync('umount', [disk]));
  expect((await openkupe('--help', `>'${disk}/whole'`)).exit).toBe(0);
  spawnSync('dd', ['if=/dev/zero', `of=${disk}/ballast`, 'bs=1k', 'count=9'], { stdio: 'ignore' });
  // NOTE: room for a part of it, which a write takes without an error.
  const { exit, err } = await openkupe('cluster list -o json', `>'${disk}/part'`);
  expect([exit, err]).toEqual([1, expect.stringContaining('ENOSPC')]);
  expect(statSync(join(disk, 'whole')).size).toBeGreaterThan(1_000);
});

test('a closed descriptor: nothing is made that could not be shown', async () => {
  const before = created();
  const { exit, err } = await openkupe('apikey create closed --role readonly', '>&-');
  expect([exit, err]).toEqual([2, expect.stringContaining('Standard output is closed')]);
  expect(created()).toBe(before);
  expect((await openkupe('cluster list', '>/dev/null')).exit).toBe(0);
  expect((await openkupe('apikey create thrown-away --role readonly', '>/dev/null')).exit).toBe(0);
});

test('a reader that has gone is no failure', async () => {
  expect(await openkupe('cluster list -o json', '', '; echo "exit $?" >&2; } | true')).toMatchObject({ err: 'exit 0\n' });
});
