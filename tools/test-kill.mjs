// Kills what can be killed, 100 rounds of each, and says what was found; OPENKUPE_KILL_ROUNDS asks for another number. Arguments go to Vitest.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { nodeBinary } from './node-binary.mjs';

ensureInstalled();
const node = nodeBinary();
const tests = ['conformance/server/kill.test.ts', 'conformance/server/postgres-kill.test.ts', 'conformance/server/replicas-kill.test.ts'];
const given = process.argv.slice(2);
const paths = given.some((one) => !one.startsWith('-')) ? [] : tests;
const { status } = spawnSync(
  node,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--retry=0', '--maxWorkers=1', ...paths, ...given],
  {
    cwd: root,
    stdio: 'inherit',
    env: { OPENKUPE_KILL_ROUNDS: '100', ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` },
  },
);
process.exitCode = status ?? 1;
