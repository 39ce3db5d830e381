// Kills what can be killed, 100 rounds of each, and says what was found; OPENKUPE_KILL_ROUNDS asks for another number. Arguments go to Vitest.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { nodeBinary } from './node-binary.mjs';

ensureInstalled();
const node = nodeBinary();
const given = process.argv.slice(2);
/** What Vitest looks for in the names of files. */
const paths = given.some((one) => one.includes('/')) ? [] : ['kill.test.ts'];
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
