/** Starts a PostgreSQL server and runs tests on it: those of the routes and of the whole server, but for what is about the files of SQLite. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { hasPostgres, NEEDS_POSTGRES, startPostgres } from './postgres-server.ts';

const ROOT = dirname(import.meta.dirname);
const TESTS = ['packages/server/src/routes/', 'conformance/server/'];
/**
 * Tests that are left out: of the database in the data folder, of what is seen in the middle of work that is over sooner here, and of an engine that
 * is called directly, which here works only in a term; and those on Kubernetes, whose engine of this machine keeps its store in the data folder.
 */
const LEFT_OUT = [
  'conformance/server/data-folder.test.ts',
  'conformance/server/internal-error.test.ts',
  'conformance/server/locks.test.ts',
  'packages/server/src/routes/clusters/explain.200.test.ts',
  'packages/server/src/routes/clusters/high-availability.200.test.ts',
  '**/*.kubernetes.test.ts',
];
/** Connections of all servers that run at the same time. */
const CONNECTIONS = 400;

/** Runs Vitest, with other tests where some are named; resolves with its exit code. */
function runTests(server: object): Promise<number> {
  const given = process.argv.slice(2);
  const paths = given.some((one) => !one.startsWith('-')) ? [] : TESTS;
  // NOTE: one more try, as for all tests with processes: the database answers by the real clock while the tests move their own.
  const flags = ['run', '--retry=1', ...paths, ...LEFT_OUT.flatMap((path) => ['--exclude', path]), ...given];
  const child = spawn(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...flags], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}`, POSTGRES_OF_TESTS: JSON.stringify(server) },
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
