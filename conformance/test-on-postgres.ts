/** Starts a PostgreSQL server and runs tests on it: those of the routes and of the whole server, but for what is about the files of SQLite. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { hasPostgres, NEEDS_POSTGRES, startPostgres } from './postgres-server.ts';

const ROOT = dirname(import.meta.dirname);
const TESTS = ['packages/server/src/routes/', 'conformance/server/'];
/** What these test, no server on PostgreSQL has: a database in the data folder, and files that it locks. */
const OF_SQLITE = ['conformance/server/data-folder.test.ts', 'conformance/server/locks.test.ts'];
/** Connections of all servers that run at the same time. */
const CONNECTIONS = 400;

/** Runs Vitest; resolves with its exit code. */
function runTests(server: object): Promise<number> {
  const flags = ['run', ...TESTS, ...OF_SQLITE.flatMap((path) => ['--exclude', path]), ...process.argv.slice(2)];
  const child = spawn(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...flags], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}`, OPENKUPE_TEST_POSTGRES: JSON.stringify(server) },
  });
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}

if (hasPostgres) {
  const server = await startPostgres([`max_connections=${CONNECTIONS}`]);
  try {
    process.exitCode = await runTests({ folder: server.folder, port: server.port, user: server.user, password: server.password });
  } finally {
    await server.stop();
  }
} else {
  console.error(`There is no PostgreSQL to run the tests on ${NEEDS_POSTGRES}`);
  process.exitCode = 1;
}
