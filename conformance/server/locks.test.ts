import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { testOfOwnServer } from '../server-under-test.ts';
import { startServer } from '../start-server.ts';

/** The files on which the kernel lists a POSIX lock of the process (proc_locks(5)). */
function lockedFiles(folder: string, pid: number): string[] {
  const rows = readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  const inodes = rows
    .filter(([, type, , , holder]) => type === 'POSIX' && Number(holder) === pid)
    .map((row) => Number(row[5]?.split(':')[2]));
  return ['openkupe.db', 'openkupe.db-shm', 'openkupe.lock'].filter((name) => inodes.includes(statSync(join(folder, name)).ino));
}

const isUsable = existsSync('/proc/locks') && execFileSync('sh', ['-c', 'command -v sqlite3 || true']).length > 0;

describe.skipIf(!isUsable)('the database of a running server (needs sqlite3 on the PATH)', () => {
  testOfOwnServer('stays locked, so that another program cannot take its log away', async () => {
    const server = await startServer();
    try {
      const ALL = ['openkupe.db', 'openkupe.db-shm', 'openkupe.lock'];
      expect(lockedFiles(server.dataFolder, server.process.pid)).toEqual(ALL);
      execFileSync('sqlite3', [join(server.dataFolder, 'openkupe.db'), '.tables']);
      expect(existsSync(join(server.dataFolder, 'openkupe.db-wal'))).toBe(true);
      expect((await fetch(`${server.host}/readyz`)).status).toBe(200);
      expect(lockedFiles(server.dataFolder, server.process.pid)).toEqual(ALL);
    } finally {
      await server.stop();
    }
  });
});
