// Runs tests with servers that keep what they keep in PostgreSQL; arguments go to Vitest.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { nodeBinary } from './node-binary.mjs';

ensureInstalled();
const { status } = spawnSync(nodeBinary(), [join(root, 'conformance/test-on-restored.ts'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
