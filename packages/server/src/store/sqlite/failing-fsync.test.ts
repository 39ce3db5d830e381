import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { openSqliteStore } from './sqlite-store.ts';

const HERE = join(import.meta.dirname, 'testing');

/** Compiles the library that makes fsync fail; undefined where there is no compiler or no way to preload it. */
function buildFailingFsync(folder: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const library = join(folder, 'failing-fsync.so');
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-o', library, join(HERE, 'failing-fsync.c'), '-ldl'], { stdio: 'ignore' });
    return library;
  } catch {
    return undefined;
  }
}

async function expectRejectedIsGone(context: TestContext, run: { args: string[]; printed: string[]; stored: string[] }): Promise<void> {
  const folder = scratchFolder();
  const library = buildFailingFsync(folder);
  if (!library) return context.skip('needs Linux and a C compiler');
  const data = join(folder, 'data');
  const flag = join(folder, 'fsync-fails');
  const { stdout, signal } = spawnSync(process.execPath, [join(HERE, 'commit-on-failing-disk.ts'), data, flag, ...run.args], {
    encoding: 'utf8',
    env: { ...process.env, LD_PRELOAD: library, FAILING_FSYNC: flag },
  });
  expect(signal).toBe('SIGKILL');
  expect(stdout.trim().split('\n')).toEqual(run.printed);
  const store = await openSqliteStore({ folder: data });
  expect((await store.list('api-key')).map(({ name }) => name)).toEqual(run.stored);
  await store.close();
}

describe('a commit whose fsync failed is rejected, and not there', () => {
  const printed = ['before written', 'meanwhile StoreUnavailableError'];

  it('when the process dies at once', (context) => expectRejectedIsGone(context, { args: [], printed, stored: ['before'] }));

  it('when the disk recovers', (context) =>
    expectRejectedIsGone(context, { args: ['recovers'], printed: [...printed, 'after written'], stored: ['after', 'before'] }));
});
